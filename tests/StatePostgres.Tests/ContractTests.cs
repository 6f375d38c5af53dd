using System.Runtime.CompilerServices;
using Mandos.Abstractions.Plugins;
using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;
using Mandos.StatePostgres;
using Microsoft.Extensions.Logging;

namespace StatePostgres.Tests;

/// <summary>The store keeps the contract of its kind, at a real PostgreSQL with a standby.</summary>
public sealed class ContractTests(DatabaseCluster cluster) : SharedStateStoreContractTests, IClassFixture<DatabaseCluster>, IAsyncLifetime
{
    private readonly ConditionalWeakTable<ContractContext, string> _known = [];
    private bool _isReplaced;

    /// <summary>What is done for a store here takes longer than its constructor: the database is emptied.</summary>
    protected override ContractLimits Limits { get; } = new() { Instant = TimeSpan.FromSeconds(5) };

    protected override Func<ContractContext, IDisposable>? CutOff => _ =>
    {
        cluster.Primary.FreezeAsync().GetAwaiter().GetResult();
        return new Thaw(cluster);
    };

    protected override Action<ContractContext>? Replace => _ =>
    {
        _isReplaced = true;
        cluster.Standby.PromoteAsync().GetAwaiter().GetResult();
    };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_isReplaced)
        {
            await cluster.RenewAsync();
        }
    }

    protected override ISharedStateStore Create(ContractContext context)
    {
        // One context after another has the database, empty.
        _known.GetValue(context, _ => cluster.EmptyAsync().GetAwaiter().GetResult());
        return new PostgresStateStore(new ServerContext(context, cluster.LenientSettings(), cluster.AddDirectory()));
    }

    private sealed class Thaw(DatabaseCluster cluster) : IDisposable
    {
        public void Dispose() => cluster.Primary.ThawAsync().GetAwaiter().GetResult();
    }

    /// <summary>What each server of a context gets: settings, and a state directory of its own.</summary>
    private sealed class ServerContext(ContractContext context, Dictionary<string, string> settings, string directory) : IPluginContext
    {
        public ILogger Logger => context;

        public TimeProvider TimeProvider => context.TimeProvider;

        public IReadOnlyDictionary<string, string> Settings => settings;

        public string StateDirectory => directory;

        public bool Debug => false;
    }
}
