using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts.Samples;
using Mandos.StatePostgres;
using Mandos.TestKit;

namespace StatePostgres.Tests;

/// <summary>A server at the store: what it has applied, and what its store has logged.</summary>
internal sealed class StoreServer : IAsyncDisposable
{
    private readonly TestPluginContext _context;

    /// <param name="settings">As in plugins.yaml.</param>
    /// <param name="directory">Its state directory.</param>
    public StoreServer(Dictionary<string, string> settings, string directory)
    {
        _context = new TestPluginContext(directory) { Settings = settings };
        Store = new PostgresStateStore(_context);
    }

    public PostgresStateStore Store { get; }

    public ServerIdentity Identity { get; } = new(Guid.NewGuid(), "server-" + Guid.NewGuid().ToString()[..8]);

    public Dictionary<string, SharedClient> Clients { get; } = new(StringComparer.Ordinal);

    public SyncPoint Applied { get; private set; }

    public IEnumerable<string> Logged => _context.Logged.Select(static line => line.Text);

    /// <summary>Has one join.</summary>
    public static async Task<StoreServer> JoinAsync(Dictionary<string, string> settings, string directory)
    {
        var server = new StoreServer(settings, directory);
        await AtLastAsync(server.JoinAsync);
        return server;
    }

    public Task JoinAsync() => Store.JoinAsync(Identity, TestContext.Current.CancellationToken);

    /// <summary>Syncs, and applies what that brings.</summary>
    public async Task<SharedView> SyncAsync()
    {
        SharedView view = await Store.SyncAsync(Applied, TestContext.Current.CancellationToken);
        foreach (SharedClient client in view.Clients)
        {
            Clients[client.Name] = client;
        }

        Applied = view.Reached;
        return view;
    }

    /// <summary>Syncs until one comes back clean.</summary>
    public Task SyncAtLastAsync() => AtLastAsync(SyncAsync);

    private static async Task AtLastAsync(Func<Task> call)
    {
        string? last = null;
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (StateStoreException e)
            {
                last = e.Message;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience.Limit, $"it does not succeed: {last}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What a store says that cannot do what it should: one line. That a busy machine took too long is passed over.</summary>
    public static async Task<string> FailAsync(Func<Task> call)
    {
        while (true)
        {
            string message = (await Assert.ThrowsAsync<StateStoreException>(call)).Message;
            Assert.DoesNotContain('\n', message);
            if (!message.EndsWith(Mandos.StatePostgres.Connecting.Fault.NoAnswer, StringComparison.Ordinal))
            {
                return message;
            }
        }
    }

    /// <summary>A command that enables or disables a client as this server has it.</summary>
    public ControlCommand Command(string client, bool enabled, int secretSize = 0) => new()
    {
        Id = Guid.NewGuid(),
        Client = client,
        ExpectedRevision = Clients.GetValueOrDefault(client)?.Revision ?? 0,
        Control = new SharedControl
        {
            Settings = SampleClients.Settings(1),
            Created = SampleClients.Snapshot(1).Created,
            Enabled = enabled,
            EncryptedSecret = System.Security.Cryptography.RandomNumberGenerator.GetBytes(secretSize),
        },
    };

    public Task<ControlResult> ExecuteAsync(ControlCommand command) => Store.ExecuteAsync(command, TestContext.Current.CancellationToken);

    /// <summary>Enables or disables a client, which must be committed, and syncs.</summary>
    public async Task CommitAsync(string client, bool enabled)
    {
        Assert.Equal(ControlOutcome.Committed, (await ExecuteAsync(Command(client, enabled))).Outcome);
        await SyncAsync();
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
