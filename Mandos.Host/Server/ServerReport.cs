using Mandos.Abstractions.Control;
using Mandos.Engine;
using Mandos.Host.CommandLine;
using Mandos.Host.Listening;
using Mandos.Host.Plugins;

namespace Mandos.Host.Server;

/// <summary>Tells control surfaces and systemd what the server is, and where it listens.</summary>
internal sealed class ServerReport
{
    private readonly ServerContext _context;
    private readonly MandosEngine _engine;
    private readonly ListenPlaces _places;
    private readonly Lock _lock = new();

    /// <summary>Gives the engine the first description of the server, and follows what becomes of the plugins.</summary>
    public ServerReport(ServerContext context, MandosEngine engine, ListenPlaces places, PluginCatalog plugins)
    {
        (_context, _engine, _places) = (context, engine, places);
        engine.Info = new ServerInfo
        {
            Version = CommandLineParser.Version,
            ServiceName = context.Options.ServiceName,
            EndPoints = places.EndPoints,
            Plugins = [.. plugins.Plugins.Select(Describe)],
        };
        plugins.Changed += () => Update(info => info with { Plugins = [.. plugins.Plugins.Select(Describe)] });
    }

    /// <summary>Changes what control surfaces are told of the server.</summary>
    public void Update(Func<ServerInfo, ServerInfo> change)
    {
        lock (_lock)
        {
            _engine.Info = change(_engine.Info);
        }
    }

    /// <summary>Tells systemd that the server serves, how many and where, or why it does not.</summary>
    public void TellReady() => _context.Notifier.Ready(
        _engine.Health.Problem is { } problem ? $"Giving no secrets, but to clients whose when_cut_off is hold or serve: {problem.ReplaceLineEndings(" ")}"
        : _engine.Info.EndPoints is { Count: > 0 } endPoints ? $"Serving {Count(_engine.ClientCount)} on {string.Join(", ", endPoints)}"
        : "Serving nobody until there is the interface to listen on");

    /// <summary>Tells all of them where the server listens, and systemd how it is, each time that this changes, until cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        string? told = _engine.Health.Problem;
        while (!cancellationToken.IsCancellationRequested)
        {
            Task moved = _places.Changed;
            (string? problem, Task changed) = _engine.Health;
            bool hasMoved = !_places.EndPoints.SequenceEqual(_engine.Info.EndPoints);
            if (hasMoved)
            {
                Update(info => info with { EndPoints = _places.EndPoints });
            }

            if (hasMoved || problem != told)
            {
                told = problem;
                TellReady();
            }

            await ((Task)Task.WhenAny(moved, changed)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A number of clients, for people.</summary>
    public static string Count(int clients) => clients == 1 ? "1 client" : $"{clients} clients";

    private static PluginInfo Describe(PluginDescription plugin) => new()
    {
        Name = plugin.Name,
        Version = plugin.Version,
        State = plugin.State.ToString(),
        Kind = string.Join(", ", plugin.Exports.Select(export => export.Kind.Name).Distinct()),
        Reason = plugin.Reason,
    };
}
