using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Monitor;

/// <summary>
/// The clients, sorted and filtered, one of them selected. A change of one client takes time proportional to the logarithm of their number,
/// but for moving references in memory.
/// </summary>
internal sealed class ClientList
{
    private readonly Dictionary<string, Client> _byPath = [];
    private readonly int[] _states = new int[Enum.GetValues<ClientState>().Length];
    private List<Client> _shown = [];
    private Client? _selected;

    /// <summary>How many there are, shown or not.</summary>
    public int Count => _byPath.Count;

    /// <summary>Those that pass the filter, in their order.</summary>
    public IReadOnlyList<Client> Shown => _shown;

    public ClientComparer Comparer { get; private set; } = new(ClientOrder.Name, false);

    /// <summary>Only clients are shown whose name, host, key ID or state has this text; empty: all.</summary>
    public string Filter { get; private set; } = "";

    /// <summary>The selected client; null if none is shown.</summary>
    public Client? Selected => _shown.Count == 0 ? null : _selected;

    /// <summary>Its place among those that are shown; -1: none is.</summary>
    public int SelectedIndex => Selected is { } selected ? _shown.BinarySearch(selected, Comparer) : -1;

    /// <summary>How many are in a state, shown or not.</summary>
    public int CountOf(ClientState state) => _states[(int)state];

    public Client? Find(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>Replaces all of them; the selected one stays selected if it is still there.</summary>
    public void Reset(IEnumerable<Client> clients)
    {
        _byPath.Clear();
        Array.Clear(_states);
        foreach (Client client in clients)
        {
            if (_byPath.TryAdd(client.Path, client))
            {
                _states[(int)client.State()]++;
            }
        }

        _selected = _selected is null ? null : _byPath.GetValueOrDefault(_selected.Path, _selected);
        Arrange();
    }

    /// <summary>Adds a client, or puts it in the place of the one with its path.</summary>
    public void Put(Client client)
    {
        bool wasSelected = _selected?.Path == client.Path;
        bool passes = Passes(client);
        int place = -1;
        if (_byPath.TryGetValue(client.Path, out Client? old))
        {
            _states[(int)old.State()]--;
            place = _shown.BinarySearch(old, Comparer);
            if (place >= 0 && !(passes && Comparer.Compare(old, client) == 0))
            {
                _shown.RemoveAt(place);
                place = -1;
            }
        }

        _byPath[client.Path] = client;
        _states[(int)client.State()]++;
        if (passes)
        {
            if (place >= 0)
            {
                _shown[place] = client; // most changes do not move it
            }
            else
            {
                _shown.Insert(~_shown.BinarySearch(client, Comparer), client);
            }

            _selected = wasSelected || _shown.Count == 1 ? client : _selected;
        }
        else if (wasSelected)
        {
            _selected = Nearest(client);
        }
    }

    public void Remove(string path)
    {
        if (!_byPath.Remove(path, out Client? old))
        {
            return;
        }

        _states[(int)old.State()]--;
        int place = _shown.BinarySearch(old, Comparer);
        if (place >= 0)
        {
            _shown.RemoveAt(place);
        }

        if (_selected?.Path == path)
        {
            _selected = Nearest(old);
        }
    }

    public void SortBy(ClientComparer comparer)
    {
        Comparer = comparer;
        Arrange();
    }

    public void FilterBy(string filter)
    {
        Filter = filter;
        Arrange();
    }

    /// <summary>Selects the client at a place, or the nearest to it.</summary>
    public void Select(int place) => _selected = _shown.Count == 0 ? null : _shown[Math.Clamp(place, 0, _shown.Count - 1)];

    private void Arrange()
    {
        _shown = [.. _byPath.Values.Where(Passes)];
        _shown.Sort(Comparer);
        // Where none is shown, as while the server is away, it is the same one again afterwards.
        _selected = _selected is null ? _shown.FirstOrDefault() : Nearest(_selected) ?? _selected;
    }

    /// <summary>The one at the place that a client has or would have.</summary>
    private Client? Nearest(Client client)
    {
        int place = _shown.BinarySearch(client, Comparer);
        place = place < 0 ? ~place : place;
        return _shown.Count == 0 ? null : _shown[Math.Min(place, _shown.Count - 1)];
    }

    private bool Passes(Client client)
        => Filter.Length == 0
            || client.Name.Contains(Filter, StringComparison.OrdinalIgnoreCase)
            || client.Host.Contains(Filter, StringComparison.OrdinalIgnoreCase)
            || client.Notes.Any(text => text.Contains(Filter, StringComparison.OrdinalIgnoreCase))
            || client.KeyId.StartsWith(Filter, StringComparison.OrdinalIgnoreCase)
            || client.State().ToString().Contains(Filter, StringComparison.OrdinalIgnoreCase);
}
