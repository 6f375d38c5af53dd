using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.Locating;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mandos.Ctl.Monitor;

/// <summary>
/// The monitor at work. All that happens (keys, signals of the server, replies) comes through one queue, so that one task alone has the
/// model and the screen; it draws when something has changed, but no oftener than the eye can follow, and once a second for the clocks.
/// </summary>
internal sealed partial class MonitorSession : IDisposable
{
    private static readonly TimeSpan _betweenDrawings = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan _betweenClocks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _betweenConnections = TimeSpan.FromSeconds(2);

    /// <summary>How often the server is asked whether it can save, which it does not tell by itself.</summary>
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(5);

    private readonly Channel<Action> _events = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ServerLocation _location;
    private readonly TimeProvider _time;
    private readonly MonitorModel _model;
    private readonly MonitorView _view;
    private readonly MonitorScreen _screen = new();
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes });
    private readonly CancellationTokenSource _ending = new();
    private IReadOnlyList<Segment> _drawn = [];

    /// <summary>The last command of each client, by its path.</summary>
    private readonly Dictionary<string, Task> _acting = new(StringComparer.Ordinal);

    /// <summary>The connection to the server; null while it is not there.</summary>
    private IServerConnection? _server;

    /// <summary>Guards the terminal, and whether the monitor has it.</summary>
    private readonly Lock _terminal = new();
    private bool _isOurs;

    public MonitorSession(ServerLocation location, TimeProvider time)
    {
        _location = location;
        _time = time;
        _model = new MonitorModel(time);
        _view = new MonitorView(_model);
    }

    /// <summary>Runs until the person quits, or is gone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration interrupted = cancellationToken.Register(_ending.Cancel);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        using var resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Post(() => _drawn = []));
        using var stopped = PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Stop);
        using var continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Post(Take));
        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
        Task server = StayConnectedAsync(_ending.Token);
        Take();
        try
        {
            while (!_ending.IsCancellationRequested && !server.IsCompleted)
            {
                // However much happens, it is drawn in between.
                long begun = _time.GetTimestamp();
                while (_time.GetElapsedTime(begun) < _betweenDrawings && _events.Reader.TryRead(out Action? happened))
                {
                    happened();
                }

                Draw();
                await WaitAsync(_ending.Token).ConfigureAwait(false);
            }

            await server.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // the end
        }
        finally
        {
            GiveBack();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ending.Dispose();

    private void Take()
    {
        lock (_terminal)
        {
            _drawn = [];
            _isOurs = true;
            _console.WriteAnsi(writer => writer.EnterAltScreen().HideCursor());
        }
    }

    private void GiveBack()
    {
        lock (_terminal)
        {
            if (_isOurs)
            {
                _isOurs = false;
                _console.WriteAnsi(writer => writer.ShowCursor().ExitAltScreen());
            }
        }
    }

    /// <summary>Stops the program as Ctrl-Z does, but with the terminal as it was; the runtime would not stop it after a handler.</summary>
    private void Stop(PosixSignalContext signal)
    {
        const int SigStop = 19;
        signal.Cancel = true;
        GiveBack();
        _ = kill(Environment.ProcessId, SigStop);
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    private void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _ending.Cancel();
    }

    private void Post(Action action) => _events.Writer.TryWrite(action);

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_betweenDrawings, _time, cancellationToken).ConfigureAwait(false);
        using var clock = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task happened = _events.Reader.WaitToReadAsync(clock.Token).AsTask();
        await Task.WhenAny(happened, Task.Delay(_betweenClocks - _betweenDrawings, _time, clock.Token)).ConfigureAwait(false);
        await clock.CancelAsync().ConfigureAwait(false);
    }

    private void ReadKeys()
    {
        try
        {
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                Post(() => Press(key));
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            _ending.Cancel(); // the terminal is gone
        }
    }

    private void Draw()
    {
        (int width, int height) = (Math.Max(1, Console.WindowWidth), Math.Max(1, Console.WindowHeight));
        IReadOnlyList<Segment> lines = _screen.Draw(_model, _view, width, height);
        lock (_terminal)
        {
            for (int i = 0; i < lines.Count && _isOurs; i++)
            {
                if (i >= _drawn.Count || _drawn[i].Text != lines[i].Text || !_drawn[i].Style.Equals(lines[i].Style))
                {
                    _console.Cursor.SetPosition(1, i + 1);
                    _console.Write(new Line(lines[i]));
                }
            }
        }

        _drawn = lines;
    }

    private void Press(ConsoleKeyInfo pressed)
    {
        MonitorKey key = _view.Press(pressed);
        if (key == MonitorKey.Quit)
        {
            _ending.Cancel();
        }
        else if (key == MonitorKey.Redraw)
        {
            _console.Clear();
            _drawn = [];
        }
        else if (key != MonitorKey.None && _server is { } server && _model.Clients.Selected is { } client && !_view.IsLogActive)
        {
            _acting[client.Path] = ActAsync(server, key, client, _view.Chosen, _acting.GetValueOrDefault(client.Path, Task.CompletedTask));
        }
    }

    /// <summary>
    /// Has the server do something with a client, after what was asked for before with that client. It has a connection of its own: with servers that
    /// share their state a command may take 12.5 s, and later calls of one connection wait for it.
    /// </summary>
    private async Task ActAsync(IServerConnection current, MonitorKey key, Client client, Request? chosen, Task earlier)
    {
        try
        {
            await earlier.ConfigureAwait(false);
            IServerConnection server = await current.ConnectAnotherAsync(_ending.Token).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable disposing = server.ConfigureAwait(false);
            await (key switch
            {
                MonitorKey.Enable => server.EnableAsync(client, true, _ending.Token),
                MonitorKey.Disable => server.EnableAsync(client, false, _ending.Token),
                MonitorKey.Approve => server.ApproveAsync(client, true, _ending.Token),
                MonitorKey.ApproveRequest => server.DecideAsync(chosen!.Id, true, _ending.Token),
                MonitorKey.Deny => server.ApproveAsync(client, false, _ending.Token),
                MonitorKey.Remove => server.RemoveAsync(client, _ending.Token),
                MonitorKey.StartChecker => server.CheckAsync(client, true, _ending.Token),
                MonitorKey.StopChecker => server.CheckAsync(client, false, _ending.Token),
                MonitorKey.CheckedOk => server.CheckedOkAsync(client, _ending.Token),
                _ => Task.CompletedTask,
            }).ConfigureAwait(false);
        }
        catch (ServerException e)
        {
            Post(() => _model.Tell(e.Message));
        }
        catch (OperationCanceledException)
        {
            // the end
        }
    }

    private async Task StayConnectedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                IServerConnection server = await _location.ConnectAsync(cancellationToken).ConfigureAwait(false);
                await using (server.ConfigureAwait(false))
                {
                    await FollowAsync(server, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (ServerException e)
            {
                Post(() =>
                {
                    _server = null;
                    _model.Lose($"{e.Message}; waiting for it");
                });
            }

            await Task.Delay(_betweenConnections, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Follows what a server does, until it may be elsewhere.</summary>
    private async Task FollowAsync(IServerConnection server, CancellationToken cancellationToken)
    {
        var comings = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        await server.WatchAsync(
            signal =>
            {
                if (signal is ServerSignal.OwnerChanged { IsThere: var isThere })
                {
                    comings.Writer.TryWrite(isThere);
                }

                Post(() => _model.Handle(signal));
            },
            cancellationToken).ConfigureAwait(false);
        Task lost = server.DisconnectedAsync();
        comings.Writer.TryWrite(await server.IsServerThereAsync(cancellationToken).ConfigureAwait(false));
        Task<bool> coming = comings.Reader.ReadAsync(cancellationToken).AsTask();
        bool isThere = false;
        while (!lost.IsCompleted)
        {
            Task first = await Task.WhenAny(coming, lost, Task.Delay(_betweenLooks, _time, cancellationToken)).ConfigureAwait(false);
            if (first == lost)
            {
                break;
            }

            if (first != coming)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (isThere)
                {
                    await LookAtStateAsync(server, cancellationToken).ConfigureAwait(false);
                }
                else if (_location.MayBeAtSocket)
                {
                    return; // to look there
                }

                continue;
            }

            isThere = await coming.ConfigureAwait(false);
            coming = comings.Reader.ReadAsync(cancellationToken).AsTask();
            if (!isThere)
            {
                Post(() => _model.Lose("no Mandos server on the system bus; waiting for it"));
                continue;
            }

            Post(_model.BeginListing);
            IReadOnlyList<Client> clients = await server.ListAsync(cancellationToken).ConfigureAwait(false);
            IReadOnlyList<Request> requests = await server.FindRequestsAsync(cancellationToken).ConfigureAwait(false) ?? [];
            ILookup<string, Request> byPath = requests.ToLookup(request => request.Path);
            Post(() =>
            {
                _server = server;
                _model.EndListing(clients.Select(client => client with { Requests = [.. byPath[client.Path]] }));
            });
            await LookAtStateAsync(server, cancellationToken).ConfigureAwait(false);
        }

        await lost.ConfigureAwait(false);
        throw new ServerException($"the connection to {server.Place} is lost");
    }

    private async Task LookAtStateAsync(IServerConnection server, CancellationToken cancellationToken)
    {
        string? problem = await server.FindStateProblemAsync(cancellationToken).ConfigureAwait(false);
        ServerGroup? servers = await server.FindServersAsync(cancellationToken).ConfigureAwait(false);
        Post(() =>
        {
            _model.NoteState(problem);
            _model.NoteServers(servers);
        });
    }

    /// <summary>One line of the screen, as it is.</summary>
    private sealed class Line(Segment segment) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => [segment];
    }
}
