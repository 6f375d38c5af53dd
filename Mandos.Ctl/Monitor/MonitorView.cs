using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Monitor;

/// <summary>What the person at the terminal looks at: which windows, from where on, and what is being typed.</summary>
internal sealed class MonitorView
{
    /// <summary>As many as there are digits.</summary>
    private const int MaxChoices = 9;

    private readonly MonitorModel _model;

    public MonitorView(MonitorModel model) => _model = model;

    public bool IsLogShown { get; private set; } = true;

    /// <summary>Whether the keys move in the window of events rather than in that of the clients.</summary>
    public bool IsLogActive { get; private set; }

    public bool IsWrapped { get; private set; } = true;

    public bool IsHelpShown { get; private set; }

    /// <summary>The filter as far as it is typed; null: none is being typed.</summary>
    public string? TypedFilter { get; private set; }

    /// <summary>The requests to choose from by a digit; null if there is nothing to choose.</summary>
    public IReadOnlyList<Request>? Choices { get; private set; }

    /// <summary>The one that was chosen last.</summary>
    public Request? Chosen { get; private set; }

    /// <summary>How many of the newest events are below the window.</summary>
    public int LogOffset { get; set; }

    /// <summary>How many clients a page has; the screen sets it.</summary>
    public int PageSize { get; set; } = 1;

    /// <summary>How many lines of events a page has; the screen sets it.</summary>
    public int LogPageSize { get; set; } = 1;

    /// <summary>Does what a key is for, except for keys that concern the server and the program itself.</summary>
    /// <returns>What remains to be done; <see cref="MonitorKey.None"/>: nothing.</returns>
    public MonitorKey Press(ConsoleKeyInfo pressed)
    {
        if (TypedFilter is not null)
        {
            Type(pressed);
            return MonitorKey.None;
        }

        if (Choices is { } choices)
        {
            Choices = null;
            Chosen = choices.ElementAtOrDefault(pressed.KeyChar - '1');
            return Chosen is null ? MonitorKey.None : MonitorKey.ApproveRequest;
        }

        MonitorKey key = MonitorKeys.Of(pressed);
        if (IsHelpShown && key is not (MonitorKey.Quit or MonitorKey.Redraw))
        {
            IsHelpShown = false;
            return MonitorKey.None;
        }

        switch (key)
        {
            case MonitorKey.Help:
                IsHelpShown = true;
                break;
            case MonitorKey.ToggleLog:
                IsLogShown = !IsLogShown;
                IsLogActive &= IsLogShown;
                break;
            case MonitorKey.SwitchWindow:
                IsLogActive = !IsLogActive && IsLogShown;
                break;
            case MonitorKey.ToggleWrap:
                IsWrapped = !IsWrapped;
                break;
            case MonitorKey.ToggleVerbose:
                _model.IsVerbose = !_model.IsVerbose;
                _model.Tell(_model.IsVerbose ? "All events are told." : "Only what matters is told.");
                break;
            case MonitorKey.Up:
                Move(-1);
                break;
            case MonitorKey.Down:
                Move(1);
                break;
            case MonitorKey.PageUp:
                Move(-(IsLogActive ? LogPageSize : PageSize));
                break;
            case MonitorKey.PageDown:
                Move(IsLogActive ? LogPageSize : PageSize);
                break;
            case MonitorKey.First:
                Move(-int.MaxValue / 2);
                break;
            case MonitorKey.Last:
                Move(int.MaxValue / 2);
                break;
            case MonitorKey.Filter:
                TypedFilter = _model.Clients.Filter;
                break;
            case MonitorKey.Escape:
                _model.Clients.FilterBy("");
                break;
            case MonitorKey.NextOrder:
                ClientComparer now = _model.Clients.Comparer;
                int orders = Enum.GetValues<ClientOrder>().Length;
                _model.Clients.SortBy(now with { Order = (ClientOrder)(((int)now.Order + 1) % orders) });
                break;
            case MonitorKey.Approve when !IsLogActive && _model.Clients.Selected is { } client && client.Addresses.Skip(1).Any():
                Choices = [.. client.Requests.Take(MaxChoices)];
                break;
            case MonitorKey.ReverseOrder:
                _model.Clients.SortBy(_model.Clients.Comparer with { IsReversed = !_model.Clients.Comparer.IsReversed });
                break;
            default:
                return key;
        }

        return MonitorKey.None;
    }

    private void Move(int lines)
    {
        if (IsLogActive)
        {
            LogOffset = Math.Clamp(LogOffset - lines, 0, Math.Max(0, _model.Log.Lines.Count - 1));
        }
        else
        {
            _model.Clients.Select(_model.Clients.SelectedIndex + lines);
        }
    }

    private void Type(ConsoleKeyInfo pressed)
    {
        switch (pressed.Key)
        {
            case ConsoleKey.Enter:
                TypedFilter = null;
                return;
            case ConsoleKey.Escape:
                TypedFilter = null;
                _model.Clients.FilterBy("");
                return;
            case ConsoleKey.Backspace:
                TypedFilter = TypedFilter!.Length == 0 ? "" : TypedFilter[..^1];
                break;
            default:
                if (char.IsControl(pressed.KeyChar) || TypedFilter!.Length >= 100)
                {
                    return;
                }

                TypedFilter += pressed.KeyChar;
                break;
        }

        _model.Clients.FilterBy(TypedFilter);
    }
}
