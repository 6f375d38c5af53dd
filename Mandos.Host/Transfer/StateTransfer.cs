using System.Globalization;
using System.Runtime.InteropServices;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Host.Configuration;
using Mandos.Host.Migration;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Privileges;
using Mandos.Host.Server;

namespace Mandos.Host.Transfer;

/// <summary>Reads all that the configured store has, or fills it, while no server uses it.</summary>
/// <param name="commandLine">The options given there.</param>
/// <param name="services">What the store gets, but for the state directory.</param>
/// <param name="dropPrivileges">Becomes the user that loads plugins in a server; returns what went wrong, or null.</param>
internal sealed class StateTransfer(CommandLineOptions commandLine, PluginServices services, Func<string?> dropPrivileges)
{
    /// <summary>A server that synced, or started, longer ago than this has ended, or has lost its permission.</summary>
    private static readonly TimeSpan _ended = SharedStateTiming.Acknowledgement;

    private string _directory = "";

    /// <summary>Writes what the store has.</summary>
    /// <param name="output">Gets it.</param>
    /// <returns>What was done, in lines.</returns>
    /// <exception cref="StartException">It cannot be done.</exception>
    public async Task<IReadOnlyList<string>> ExportAsync(Stream output)
    {
        using var signals = new DeafEar();
        PluginExport<IStateStore> store = Prepare(mayCreate: false);
        IReadOnlyList<StoredClient> clients = await GuardAsync(() => LoadAllAsync(store)).ConfigureAwait(false);
        StateFile.Write(clients, services.TimeProvider.GetUtcNow(), output);
        await output.FlushAsync().ConfigureAwait(false);
        int added = clients.Count(static client => client.Client?.Origin == ClientOrigin.Command);
        string[] notes = added == 0 ? []
            : [
                $"note: {Count(added)} among them added by commands: their secrets can be read only with the key in "
                    + $"{Path.Join(_directory, ServerKeyFile.FileName)}, so take that file along",
            ];
        return [$"{Count(clients.Count)} exported from store {store.Name}", .. notes];
    }

    /// <summary>Fills the store, all or nothing.</summary>
    /// <param name="input">What was exported.</param>
    /// <param name="replaces">Whether what it has is to go.</param>
    /// <returns>What was done, in lines.</returns>
    /// <exception cref="StartException">It cannot be done, and nothing was changed.</exception>
    public async Task<IReadOnlyList<string>> ImportAsync(Stream input, bool replaces)
    {
        using var signals = new DeafEar();
        IReadOnlyList<StoredClient> clients = await ReadAsync(input).ConfigureAwait(false);
        PluginExport<IStateStore> store = Prepare(mayCreate: true);
        await GuardAsync(async () =>
        {
            await FillAsync(store, clients, replaces).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        int added = clients.Count(static client => client.Client?.Origin == ClientOrigin.Command);
        string key = Path.Join(_directory, ServerKeyFile.FileName);
        string[] notes = added == 0 || File.Exists(key) ? []
            : [
                $"note: {Count(added)} among them added by commands: before the server starts, put {ServerKeyFile.FileName} of the server that they "
                    + $"come from in {_directory}, or they get no secret",
            ];
        return [$"{Count(clients.Count)} imported into store {store.Name}", .. notes];
    }

    private static async Task<IReadOnlyList<StoredClient>> ReadAsync(Stream input)
    {
        var text = new MemoryStream();
        await input.CopyToAsync(text).ConfigureAwait(false);
        try
        {
            return StateFile.Read(text.GetBuffer().AsSpan(0, (int)text.Length));
        }
        catch (FormatException e)
        {
            throw new StartException(e.Message);
        }
    }

    /// <summary>Does what a server does before it opens its store.</summary>
    /// <param name="mayCreate">Whether a state directory that is not there is made.</param>
    /// <exception cref="StartException">It cannot be done.</exception>
    private PluginExport<IStateStore> Prepare(bool mayCreate)
    {
        ServerOptionsResult result = ServerOptionsLoader.Load(commandLine);
        ServerOptions options = result.Readable;
        PluginFileResult file = PluginFileReader.Read(options.ConfigDirectory);
        ConfigProblem[] problems = [.. result.Problems, .. file.Problems];
        ThrowIfAny(problems);
        _directory = Path.GetFullPath(options.StateDirectory);
        bool isGiven = false;
        if (mayCreate)
        {
            string? fault = StateDirectory.Create(_directory, Environment.IsPrivilegedProcess ? ServerAccount.Find() : null, out isGiven, out _);
            ThrowIf(fault);
        }
        else if (!Directory.Exists(_directory))
        {
            throw new StartException($"{_directory}: there is no such state directory; --statedir names another one");
        }

        ThrowIf(dropPrivileges());
        if (isGiven && Environment.IsPrivilegedProcess)
        {
            StateDirectory.TakeBack(_directory); // this process had to stay what it was
        }

        ThrowIf(StateDirectory.FindFault(_directory));
        services.StateDirectory = _directory;
        PluginCatalog plugins = PluginCatalog.Load(options.PluginDirectory ?? PluginDiscovery.DefaultDirectory, services, file.Options.With(options));
        ThrowIfAny(plugins.CheckOptions(out _));
        PluginExport<IStateStore> store = plugins.GetOnly<IStateStore>();
        return store.Implements<ISharedStateStore>() || !StockStateImport.IsNeeded(_directory) ? store : throw new StartException(
            $"{_directory} has state of Debian's server, which this server takes over when it starts; start and stop it first");
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is StateStoreException or ServerFencedException)
        {
            throw new StartException(e.Message);
        }
    }

    /// <summary>Reads everything.</summary>
    private async Task<IReadOnlyList<StoredClient>> LoadAllAsync(PluginExport<IStateStore> export)
    {
        IStateStore store = await OpenAsync(export, isFilled: false).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            IReadOnlyList<StoredClient> clients = await store.LoadAsync(CancellationToken.None).ConfigureAwait(false);
            DateTimeOffset now = services.TimeProvider.GetUtcNow();
            return store is not ISharedStateStore ? clients : [.. clients.Select(client => client.SavedAt is not null ? client
                : client with { SavedAt = now, LeftAt = now, FileEnabled = true })]; // in no file here; whoever puts it there does not enable it by that
        }
    }

    private async Task FillAsync(PluginExport<IStateStore> export, IReadOnlyList<StoredClient> clients, bool replaces)
    {
        IStateStore store = await OpenAsync(export, isFilled: true).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            if (store is ISharedStateStore && clients.FirstOrDefault(static client => client.Client?.Origin == ClientOrigin.Command) is { } added)
            {
                throw new StartException(
                    $"client “{added.Name}” was added by a command, and servers that share their state take their clients from the files alone; before "
                    + "you export, have the server that has it read it from its clients.conf, or remove it there");
            }

            IReadOnlyList<StoredClient> present = await store.LoadAsync(CancellationToken.None).ConfigureAwait(false);
            if (present.Count > 0 && (!replaces || store is ISharedStateStore))
            {
                throw new StartException(store is ISharedStateStore
                    ? $"the store has {Count(present.Count)} already, and a shared store is filled only while it is empty; make its tables again"
                    : $"the store has {Count(present.Count)} already; with --replace they are replaced by those of the file");
            }

            if (store.SaveProblem is { } problem)
            {
                throw new StartException(problem);
            }

            HashSet<string> names = [.. clients.Select(static client => client.Name)];
            await store.SaveAsync(
                [.. clients], [.. present.Select(static client => client.Name).Where(name => !names.Contains(name))], CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Constructs the store, and joins it in this server's place if it is shared and this server does not run.</summary>
    /// <param name="export">The store.</param>
    /// <param name="isFilled">Whether no other server may run either.</param>
    private async Task<IStateStore> OpenAsync(PluginExport<IStateStore> export, bool isFilled)
    {
        if (!export.Implements<ISharedStateStore>())
        {
            return export.Create();
        }

        ServerIdentity identity = SharedIdentity.Of(_directory);
        var observer = (ISharedStateStore)export.Create();
        await using (observer.ConfigureAwait(false))
        {
            // Under another identity: to join in the place of a server that runs would stop it
            var observing = new ServerIdentity(Guid.NewGuid(), $"{identity.Name} (for export and import)");
            await observer.JoinAsync(observing, CancellationToken.None).ConfigureAwait(false);
            SharedView view = await observer.SyncAsync(SyncPoint.None, CancellationToken.None).ConfigureAwait(false);
            if (view.Servers.FirstOrDefault(server => server.Identity.Id != observing.Id && (isFilled || server.Identity.Id == identity.Id)
                && (server.SinceSync ?? server.SinceJoined) < _ended) is { } running)
            {
                throw new StartException(
                    $"server {running.Identity.Name} uses the store, or has until {_ended.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s ago; stop it first");
            }
        }

        var store = (ISharedStateStore)export.Create();
        try
        {
            await store.JoinAsync(identity, CancellationToken.None).ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void ThrowIf(string? fault)
    {
        if (fault is not null)
        {
            throw new StartException(fault);
        }
    }

    private static void ThrowIfAny(IReadOnlyList<ConfigProblem> problems)
    {
        if (problems.Count > 0)
        {
            throw new StartException([.. problems.Select(static problem => problem.ToString())]);
        }
    }

    private static string Count(int clients) => string.Create(CultureInfo.InvariantCulture, $"{clients} {(clients == 1 ? "client" : "clients")}");

    /// <summary>Keeps signals from ending it in the middle, with a server registered that is none. Each step has a limit of its own.</summary>
    private sealed class DeafEar : IDisposable
    {
        private readonly PosixSignalRegistration[] _signals =
            [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(static signal
                => PosixSignalRegistration.Create(signal, static context => context.Cancel = true))];

        public void Dispose() => Array.ForEach(_signals, static signal => signal.Dispose());
    }
}
