using System.Composition;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Plugins;
using Mandos.Abstractions.Sharing;
using Mandos.StatePostgres.Connecting;
using Mandos.StatePostgres.Tables;
using Microsoft.Extensions.Logging;

namespace Mandos.StatePostgres;

/// <summary>Keeps the state in a PostgreSQL that several servers share.</summary>
/// <remarks>
/// Every call is a transaction that first locks one row, then reads and writes, and commits. Locks are in the order control, liveness. The call counts only if its
/// commit came back clean and in time, from a node that passes the <see cref="Fence"/>; <see cref="Cluster"/> sees to that.
/// </remarks>
[ExportStateStore(
    "postgres",
    OnlyIfChosen = true,
    Settings =
    [
        PostgresSettings.HostsName, PostgresSettings.DatabaseName, PostgresSettings.UserName, PostgresSettings.RootCertificateName,
        PostgresSettings.CredentialName, PostgresSettings.RequireSynchronousName,
    ])]
public sealed partial class PostgresStateStore : ISharedStateStore
{
    /// <summary>How long it may take to read everything, before the commit.</summary>
    private static readonly TimeSpan _loadLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long to wait until this server is off the list of servers.</summary>
    private static readonly TimeSpan _leaveLimit = TimeSpan.FromSeconds(2);

    /// <summary>Clients that are saved in one transaction where there are other servers: it must not keep them from theirs for long.</summary>
    private const int MostSaved = 5_000;

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Cluster _cluster;
    private Registration? _self;
    private bool _disposed;

    /// <summary>Makes a store that is not connected yet.</summary>
    /// <param name="context">What the server gives.</param>
    /// <exception cref="PluginSettingException">A setting is wrong.</exception>
    [ImportingConstructor]
    public PostgresStateStore(IPluginContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        (_logger, _time) = (context.Logger, context.TimeProvider);
        PostgresSettings settings = PostgresSettings.Read(context.Settings);
        Machines = [.. settings.Hosts.Where(static host => !host.IsSocket).Select(static host => host.Name)];
        var fence = new Fence(Path.Join(context.StateDirectory, "postgres-fence"), settings.RequireSynchronous);
        _cluster = new Cluster(settings, fence, _time, _logger);
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Machines { get; }

    private Registration Self => _self ?? throw new InvalidOperationException("a shared state store is joined before anything else");

    /// <inheritdoc/>
    public async Task JoinAsync(ServerIdentity server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        var self = new Registration(server, Guid.NewGuid());
        await WriteAsync(session => self.JoinAsync(session, _cluster.Fence), cancellationToken).ConfigureAwait(false);
        _self = self;
        LogJoined(server.Name, server.Id);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
        => await _cluster.ReadAsync(
            session => Records.LoadAsync(session, Self.Server.Id, _time.GetUtcNow()), cancellationToken, _loadLimit).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <remarks>
    /// If there are other servers, many clients are saved in several transactions, as none may keep those waiting. To save them again does no harm.
    /// </remarks>
    public async ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changed);
        ArgumentNullException.ThrowIfNull(forgotten);
        bool isAlone = changed.Count > MostSaved
            && await _cluster.ReadAsync(session => Records.IsAloneAsync(session, Self.Server.Id), cancellationToken).ConfigureAwait(false);
        foreach (StoredClient[] part in changed.Count == 0 ? [[]] : changed.Chunk(isAlone ? changed.Count : MostSaved))
        {
            await WriteAsync(
                async session =>
                {
                    string? other = await Records.SaveAsync(
                        session, _cluster.Fence, Self, part, forgotten, _time.GetUtcNow()).ConfigureAwait(false);
                    return other is not { Length: > 0 } ? Registered(other)
                        : throw new StateStoreException($"client {Escape(other)} was changed by a command; sync before saving it");
                },
                cancellationToken,
                isAlone ? _loadLimit : null).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken)
        => WriteAsync(
            async session => Registered(await Synchronisation.RunAsync(session, _cluster.Fence, Self, applied).ConfigureAwait(false)),
            cancellationToken,
            applied == SyncPoint.None ? _loadLimit : null);

    /// <inheritdoc/>
    public Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        return CommandAsync(session => Commands.ExecuteAsync(session, _cluster.Fence, Self, command), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long?> FindCommandAsync(Guid id, CancellationToken cancellationToken)
        => WriteAsync(session => Commands.FindAsync(session, _cluster.Fence, id), cancellationToken);

    /// <inheritdoc/>
    public Task<ControlResult> DecideAsync(RequestVerdict verdict, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return CommandAsync(session => Commands.DecideAsync(session, _cluster.Fence, Self, verdict), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task ReportAsync(ServerReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        await WriteAsync(
            async session => Registered(await Reports.AddAsync(session, _cluster.Fence, Self, report).ConfigureAwait(false) ? "" : null),
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<long> WatchAsync(CancellationToken cancellationToken) => Hints.WatchAsync(_cluster, _time, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_self is { } self)
        {
            try
            {
                await _cluster.WriteAsync(session => self.LeaveAsync(session, _cluster.Fence), CancellationToken.None, _leaveLimit).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StateStoreException or OutcomeUnknownException)
            {
                LogNotLeft(self.Server.Name, e.Message);
            }
        }

        await _cluster.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A write whose outcome is of no interest if it is unknown: it is made again.</summary>
    private async Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        try
        {
            return await _cluster.WriteAsync(work, cancellationToken, limit).ConfigureAwait(false);
        }
        catch (OutcomeUnknownException e)
        {
            throw new StateStoreException(e.Message);
        }
    }

    private async Task<ControlResult> CommandAsync(Func<Session, Task<ControlResult?>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _cluster.WriteAsync(async session => Registered(await work(session).ConfigureAwait(false)), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (OutcomeUnknownException e)
        {
            LogUnknown(e.Message);
            return new ControlResult(ControlOutcome.Unknown);
        }
    }

    private T Registered<T>(T? result)
        where T : class
        => result ?? throw new ServerFencedException(
            $"another server has registered as {Escape(Self.Server.Name)} ({Self.Server.Id}), or a person has removed this one");

    private static string Escape(string text) => text.ReplaceLineEndings(" ");
}
