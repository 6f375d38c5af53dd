using Mandos.PluginContracts;
using Mandos.PluginContracts.Persistence;
using Mandos.StateSqlite;
using Mandos.TestSupport;

namespace StateSqlite.Tests;

/// <summary>The store keeps the contract of its kind.</summary>
public sealed class ContractTests
{
    public static TheoryData<string> Names => [.. Checks().Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Check_Any_Passes(string name)
        => Assert.Single(Checks(), check => check.Name == name).RunAsync(StateDirectory.Token);

    private static IReadOnlyList<PluginCheck> Checks()
        => StateStoreContract.Checks(directory => new SqliteStateStore(new TestPluginContext(directory)));
}
