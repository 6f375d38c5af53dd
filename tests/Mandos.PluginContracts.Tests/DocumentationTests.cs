using Mandos.PluginContracts.Announcing;
using Mandos.PluginContracts.Checking;
using Mandos.PluginContracts.Control;
using Mandos.PluginContracts.Persistence;
using Mandos.PluginContracts.Sharing;
using Mandos.PluginContracts.Tls;
using Mandos.TestKit;

namespace Mandos.PluginContracts.Tests;

/// <summary>docs/plugins.md lists what every plugin has to do, as it is checked.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public async Task Documentation_ContractChecks_AreThose()
    {
        IEnumerable<string> expected = new[]
        {
            Section("Checker", CheckerContract.Checks(_ => throw new NotSupportedException())),
            Section("Control surface", ControlSurfaceContract.Checks(_ => throw new NotSupportedException())),
            Section("Announcer", AnnouncerContract.Checks(_ => throw new NotSupportedException())),
            Section("State store", StateStoreContract.Checks(_ => throw new NotSupportedException())),
            Section("Shared state store", SharedStateStoreContract.Checks(_ => throw new NotSupportedException())),
            Section("TLS back end", TlsBackendContract.Checks(_ => throw new NotSupportedException())),
        };

        string text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/plugins.md"), TestContext.Current.CancellationToken);

        Assert.All(expected, section => Assert.Contains(section, text, StringComparison.Ordinal));
    }

    private static string Section(string kind, IEnumerable<PluginCheck> checks)
        => string.Join('\n', [$"**{kind}.** It", .. checks.Select(check => $"- {check.Name}"), ""]);
}
