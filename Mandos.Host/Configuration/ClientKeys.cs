using Mandos.Abstractions.Clients;

namespace Mandos.Host.Configuration;

/// <summary>The keys of all clients: a key that two of them have finds neither.</summary>
/// <param name="document">The document with the options.</param>
internal sealed class ClientKeys(ConfigDocument document)
{
    /// <summary>The end of the warning of a fingerprint that two clients have.</summary>
    public const string OneKeyLeft = "both are found by their key_id alone";

    /// <summary>Where each key ID and fingerprint was given first.</summary>
    private readonly Dictionary<string, GivenKey> _keys = new(document.Sections.Count, StringComparer.Ordinal);

    private readonly List<GivenNext> _next = [];

    private bool _areShared;

    /// <summary>Notes whose a key is, and reports it if another client has it too.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="option">The option with the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="isOnlyKey">Whether the client cannot be found otherwise, or must not be.</param>
    public void Add(ConfigSection section, in ConfigOption option, string key, bool isOnlyKey)
    {
        GivenKey given = new(section, option.Line, isOnlyKey, IsShared: false);
        if (_keys.TryAdd(key, given))
        {
            return;
        }

        GivenKey first = _keys[key];
        _keys[key] = first with { IsShared = true };
        _areShared = true;
        string fault = Taken(first.Section, first.Line);
        if (isOnlyKey || first.IsOnlyKey)
        {
            document.Report(isOnlyKey ? section : first.Section, option, fault);
        }
        else
        {
            document.Warn(option, $"{fault}; {OneKeyLeft}");
        }
    }

    /// <summary>Notes which key is to be a client's next.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="part">What of it is faulty if the key is not for this client.</param>
    /// <param name="option">The option with the key.</param>
    /// <param name="key">The key.</param>
    public void AddNext(ConfigSection section, ConfigSection part, in ConfigOption option, string key) => _next.Add(new GivenNext(section, part, option, key));

    /// <summary>
    /// Once all clients are read: reports next keys that are those of other clients, or are next ones twice. That costs nobody a present key. It is reported where
    /// the later of both stands, as that is the one which was added.
    /// </summary>
    public void JudgeNext()
    {
        Dictionary<string, GivenNext> first = new(_next.Count, StringComparer.Ordinal);
        foreach (GivenNext next in _next)
        {
            if (_keys.TryGetValue(next.Key, out GivenKey? given))
            {
                if (given.Section == next.Section)
                {
                    document.Report(next.Part, next.Option, "is the key that the client has already; the next one has to be another");
                }
                else if (given.Line > next.Option.Line)
                {
                    document.Report(next.Part, given.Line, $"key_id: {Taken(next.Section, next.Option.Line)}");
                }
                else
                {
                    document.Report(next.Part, next.Option, Taken(given.Section, given.Line));
                }
            }
            else if (!first.TryAdd(next.Key, next))
            {
                GivenNext other = first[next.Key];
                other.Part.IsFaulty = true;
                document.Report(next.Part, next.Option, Taken(other.Section, other.Option.Line));
            }
        }
    }

    private string Taken(ConfigSection section, int line)
        => $"is that of client [{OptionValues.Show(section.Name)}] too, at {document.Place(line)}; each client needs its own";

    /// <summary>Once all clients are read: takes away from a client what another one has too.</summary>
    /// <param name="client">The client, whose section becomes faulty if nothing is left by which to find it.</param>
    public ClientCandidate WithoutShared(ClientCandidate client)
    {
        if (!_areShared)
        {
            return client;
        }

        ClientSettings settings = client.Definition.Settings;
        bool isFingerprintShared = settings.Fingerprint is { } fingerprint && _keys[fingerprint].IsShared;
        bool isKeyIdShared = settings.KeyId is { } keyId && _keys[keyId].IsShared;
        client.Section.IsFaulty |= isKeyIdShared || (isFingerprintShared && settings.KeyId is null);
        return isFingerprintShared ? client.WithoutFingerprint() : client;
    }

    /// <summary>Where a next key was given.</summary>
    private sealed record GivenNext(ConfigSection Section, ConfigSection Part, ConfigOption Option, string Key);

    /// <summary>Where a key was given first.</summary>
    /// <param name="Section">The client's section.</param>
    /// <param name="Line">The option's line.</param>
    /// <param name="IsOnlyKey">Whether the client cannot be found otherwise, or must not be.</param>
    /// <param name="IsShared">Whether another client has it too.</param>
    private sealed record GivenKey(ConfigSection Section, int Line, bool IsOnlyKey, bool IsShared);
}
