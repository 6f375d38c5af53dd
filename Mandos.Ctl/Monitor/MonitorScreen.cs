using System.Globalization;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mandos.Ctl.Monitor;

/// <summary>Draws the screen: a line about all clients, the clients, the events, and a line about the keys.</summary>
internal sealed class MonitorScreen
{
    private const int MinLogHeight = 3;
    private const int MaxNameWidth = 40;
    private const int StateWidth = 44;

    private static readonly Style _plain = Style.Plain;
    private static readonly Style _bar = new(decoration: Decoration.Invert);
    private static readonly Style _badBar = new(foreground: Color.Red, decoration: Decoration.Invert);
    private static readonly Style _dim = new(foreground: Color.Grey);
    private static readonly Style _alarm = new(foreground: Color.Red);
    private static readonly Style _urgent = new(foreground: Color.Yellow, decoration: Decoration.Bold);

    private static readonly string[] _help =
    [
        "q, Q                        quit",
        "Ctrl-L                      draw the screen again",
        "?, F1                       this help",
        "l, D                        show or hide the events",
        "Tab                         go to the other window",
        "w, i                        wrap long events, or do not",
        "v                           tell all events, or what matters",
        "Up, Ctrl-P, k               up a line",
        "Down, Ctrl-N, j             down a line",
        "PageUp, Meta-V, b           up a page",
        "PageDown, Ctrl-V, Space, f  down a page",
        "Home, g / End, G            to the first / to the last",
        "/                           show only clients with a text in name, host or state, or",
        "                            at the start of the key ID; Enter keeps it, Esc ends it",
        "o / O                       sort by the next property / turn the order round",
        "",
        "For the selected client:",
        "+ / -                       enable / disable it",
        "a / d                       approve / deny it; of requests from different addresses",
        "                            only one can be approved, which is then asked for",
        "R, _, Ctrl-K                remove it",
        "s / S                       start a check / stop the check that runs",
        "C                           count it as checked just now",
    ];

    private int _top;

    /// <summary>Draws.</summary>
    /// <param name="model">What is known.</param>
    /// <param name="view">What is looked at; is told how long a page is.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="height">Lines of the terminal.</param>
    /// <returns>A segment for each line, not wider than the terminal.</returns>
    public IReadOnlyList<Segment> Draw(MonitorModel model, MonitorView view, int width, int height)
    {
        List<Segment> lines =
        [
            model.StateProblem.Length > 0 ? new(StateProblem(model), _badBar)
                : new(Servers(model) + Summary(model), model.Servers?.Concerns() is { Length: > 0 } ? _badBar : _bar),
        ];
        int body = Math.Max(0, height - 2);
        if (view.IsHelpShown)
        {
            lines.AddRange(_help.Take(body).Select(line => new Segment(line, _plain)));
        }
        else if (view.Choices is { } choices)
        {
            lines.AddRange(Choices(choices).Take(body).Select(line => new Segment(SafeText.From(line), _urgent)));
        }
        else
        {
            int log = view.IsLogShown ? Math.Min(body / 2, Math.Max(MinLogHeight, body / 3)) : 0;
            DrawClients(lines, model, view, body - log);
            if (log > 0)
            {
                DrawLog(lines, model, view, width, log);
            }
        }

        while (lines.Count < height - 1)
        {
            lines.Add(new Segment("", _plain));
        }

        lines.Add(Prompt(model, view));
        return [.. lines.Take(height).Select(line => Fit(line, width))];
    }

    private static string Summary(MonitorModel model)
    {
        ClientList clients = model.Clients;
        string shown = clients.Shown.Count == clients.Count
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{clients.Shown.Count:N0} of ");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Mandos clients: {shown}{clients.Count:N0}, {clients.CountOf(ClientState.Waiting):N0} waiting, "
                + $"{clients.CountOf(ClientState.Failing):N0} failing, {clients.CountOf(ClientState.Disabled):N0} disabled; by "
                + $"{clients.Comparer.Order.ToString().ToLowerInvariant()}{(clients.Comparer.IsReversed ? ", reversed" : "")}");
    }

    /// <summary>Before the numbers, if there are several servers. How many live is known only while this one is in touch with the shared store.</summary>
    private static string Servers(MonitorModel model)
        => model.Servers is not { } group ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Servers: {(group.HasPermission ? $"{group.Servers.Count(ServerGroup.IsAlive)} of " : "")}{group.Servers.Count}{(group.HasPermission ? " live" : "")}")
                + string.Concat(group.Concerns().Select(static concern => $", {SafeText.From(concern.ToUpperInvariant())}")) + "; ";

    /// <summary>Instead of the numbers: until it is mended, nothing that is decided here is sure to last.</summary>
    private static string StateProblem(MonitorModel model) => "The server cannot save what changes: " + SafeText.From(model.StateProblem);

    private static Segment Prompt(MonitorModel model, MonitorView view)
        => view.TypedFilter is not null ? new Segment($"Filter: {SafeText.From(view.TypedFilter)}_", _urgent)
            : model.Trouble.Length > 0 ? new Segment(SafeText.From(model.Trouble), _alarm)
            : model.IsListing ? new Segment("Fetching the clients...", _urgent)
            : new Segment(
                (model.Clients.Filter.Length > 0 ? $"Filter: {SafeText.From(model.Clients.Filter)} (Esc)  " : "")
                    + "q: quit  ?: help  Tab: other window  /: filter  o: order",
                _dim);

    private static IEnumerable<string> Choices(IReadOnlyList<Request> requests) =>
    [
        $"Different addresses ask for the secret of {requests[0].ClientName}. Somebody else may have its key!",
        "",
        .. requests.Select((request, i) => string.Create(
            CultureInfo.InvariantCulture, $"  {i + 1}   {request.Address} port {request.Port}, since {request.Since} UTC")),
        "",
        "Press the digit of the one to approve, or any other key for none.",
    ];

    private static Segment Row(Client client, bool isSelected, bool isActive, int nameWidth, DateTimeOffset now)
    {
        ClientState state = client.State();
        string said = state switch
        {
            ClientState.Waiting => $"{(client.ApprovedByDefault ? "Approval" : "Denial")} in "
                + $"{Times.Text((Times.Parse(client.LastApprovalRequest) ?? now) + Times.FromMilliseconds(client.ApprovalDelay) - now)}. "
                + "(a)pprove or (d)eny?",
            ClientState.Failing => $"Check failed; disabled in {Left(client, now)}",
            ClientState.Disabled => "DISABLED",
            _ => $"Enabled{(client.CheckerRunning ? ", being checked" : "")}",
        };
        string from = client.Requests.Count > 1
            ? string.Create(
                CultureInfo.InvariantCulture, $"{client.Requests.Count} wait, from {SafeText.From(string.Join(", ", client.Addresses))};  ")
            : "";
        string seen = Times.Parse(client.LastCheckedOk) is { } time ? $"seen {Times.Text(now - time)} ago" : "never seen";
        string expires = state is ClientState.Enabled && client.Expires.Length > 0 ? $", expires in {Left(client, now)}" : "";
        string text = $"{(isSelected ? ">" : " ")} {Pad(SafeText.From(client.Name), nameWidth)}  {Pad(said, StateWidth)}  "
            + $"{from}{SafeText.From(string.Join(", ", client.Notes.Prepend(client.Host).Where(static text => text.Length > 0)))}  {seen}{expires}";
        Style style = state switch
        {
            ClientState.Waiting => _urgent,
            ClientState.Failing => _alarm,
            ClientState.Disabled => _dim,
            _ => _plain,
        };
        return new Segment(text, isSelected && isActive ? style.Combine(_bar) : style);
    }

    private static string Left(Client client, DateTimeOffset now) => Times.Parse(client.Expires) is { } time ? Times.Text(time - now) : "?";

    private static string Pad(string text, int width)
    {
        int missing = width - text.GetCellWidth();
        return missing >= 0 ? text + new string(' ', missing) : Segment.Truncate(new Segment(text), width)!.Text;
    }

    private static Segment Fit(Segment line, int width)
    {
        Segment fitting = line.CellCount() <= width ? line : Segment.Truncate(line, width) ?? Segment.Empty;
        return new Segment(fitting.Text + new string(' ', Math.Max(0, width - fitting.CellCount())), line.Style);
    }

    private void DrawClients(List<Segment> lines, MonitorModel model, MonitorView view, int height)
    {
        ClientList clients = model.Clients;
        view.PageSize = Math.Max(1, height);
        if (height == 0)
        {
            return;
        }

        int selected = clients.SelectedIndex;
        int lastTop = Math.Max(0, clients.Shown.Count - height);
        _top = Math.Clamp(Math.Clamp(_top, Math.Max(0, selected - height + 1), Math.Max(0, selected)), 0, lastTop);
        Client[] visible = [.. clients.Shown.Skip(_top).Take(height)];
        int nameWidth = visible.Length == 0 ? 0 : Math.Min(MaxNameWidth, visible.Max(client => SafeText.From(client.Name).GetCellWidth()));
        DateTimeOffset now = model.Now;
        lines.AddRange(visible.Select((client, i) => Row(client, _top + i == selected, !view.IsLogActive, nameWidth, now)));
        lines.AddRange(Enumerable.Repeat(new Segment("", _plain), height - visible.Length));
    }

    private static void DrawLog(List<Segment> lines, MonitorModel model, MonitorView view, int width, int height)
    {
        int free = height - 1;
        view.LogPageSize = Math.Max(1, free);
        IReadOnlyList<string> all = model.Log.Lines;
        view.LogOffset = Math.Clamp(view.LogOffset, 0, Math.Max(0, all.Count - 1));
        List<Segment> events = [];
        for (int i = all.Count - 1 - view.LogOffset; i >= 0 && events.Count < free; i--)
        {
            var line = new Segment(all[i], _plain);
            events.InsertRange(0, view.IsWrapped ? Segment.SplitOverflow(line, Overflow.Fold, Math.Max(1, width)) : [line]);
        }

        string title = $"Events{(model.IsVerbose ? ", all" : "")}{(view.LogOffset > 0 ? ", older" : "")}";
        lines.Add(new Segment(title, view.IsLogActive ? _bar : _dim));
        lines.AddRange(events.TakeLast(free));
    }
}
