using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;
using Mandos.StateSqlite;

namespace StateSqlite.Tests;

/// <summary>The store keeps the contract of its kind.</summary>
public sealed class ContractTests : StateStoreContractTests
{
    protected override IStateStore Create(ContractContext context) => new SqliteStateStore(context);
}
