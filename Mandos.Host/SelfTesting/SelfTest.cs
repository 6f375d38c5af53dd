using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Host.Plugins;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Announcing;
using Mandos.PluginContracts.Checking;
using Mandos.PluginContracts.Control;
using Mandos.PluginContracts.Persistence;
using Mandos.PluginContracts.Tls;

namespace Mandos.Host.SelfTesting;

/// <summary>Quick real checks of the parsers and of every plugin found, for <c>--check</c>. They need neither root nor a configuration.</summary>
/// <param name="plugins">The plugins.</param>
/// <param name="services">What the plugins were given; each check of a state store gets a state directory of its own through it.</param>
/// <param name="output">Gets a line for each check, and a summary.</param>
internal sealed class SelfTest(PluginCatalog plugins, PluginServices services, TextWriter output)
{
    private int _passed;
    private int _failed;

    /// <summary>Runs all checks.</summary>
    /// <returns>Whether all passed.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        await RunAsync("parsers", ParserChecks.All, cancellationToken).ConfigureAwait(false);
        ReportUnused();
        RequireOne<ITlsBackend>();
        RequireOne<IStateStore>();
        await RunAsync<ITlsBackend>(export => TlsBackendContract.Checks(context => Create(export, context)), cancellationToken).ConfigureAwait(false);
        await RunAsync<IStateStore>(export => StateStoreContract.Checks(context => Create(export, context)), cancellationToken)
            .ConfigureAwait(false);
        await RunAsync<IChecker>(export => CheckerContract.Checks(context => Create(export, context)), cancellationToken).ConfigureAwait(false);
        await RunAsync<IAnnouncer>(export => AnnouncerContract.Checks(context => Create(export, context)), cancellationToken).ConfigureAwait(false);
        await RunAsync<IControlSurface>(export => ControlSurfaceContract.Checks(context => Create(export, context)), cancellationToken).ConfigureAwait(false);
        await output.WriteLineAsync($"{_passed} passed, {_failed} failed").ConfigureAwait(false);
        return _failed == 0;
    }

    private async Task RunAsync<T>(Func<PluginExport<T>, IReadOnlyList<PluginCheck>> checks, CancellationToken cancellationToken)
        where T : class
    {
        foreach (PluginExport<T> export in plugins.GetExports<T>())
        {
            await RunAsync($"{PluginKind.Of<T>()} {export.Name}", checks(export), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(string subject, IReadOnlyList<PluginCheck> checks, CancellationToken cancellationToken)
    {
        foreach (PluginCheck check in checks)
        {
            string? fault = null;
            try
            {
                await check.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ContractViolationException e)
            {
                fault = e.Message;
            }

            Report($"{subject}: {check.Name}", fault);
        }
    }

    private void ReportUnused()
    {
        foreach (PluginDescription plugin in plugins.Plugins.Where(plugin => plugin.State is not (PluginState.Active or PluginState.Disabled)))
        {
            Report($"plugin {plugin.Name}: can be used", plugin.Reason ?? "no reason given");
        }
    }

    private void RequireOne<T>()
        where T : class
    {
        string? fault = null;
        try
        {
            plugins.GetOnly<T>();
        }
        catch (PluginException e)
        {
            fault = e.Message;
        }

        Report($"server: has the one {PluginKind.Of<T>()} that it needs", fault);
    }

    private T Create<T>(PluginExport<T> export, ContractContext context)
        where T : class
    {
        services.StateDirectory = context.StateDirectory;
        return export.Create();
    }

    private void Report(string name, string? fault)
    {
        if (fault is null)
        {
            _passed++;
            output.WriteLine($"ok    {name}");
        }
        else
        {
            _failed++;
            output.WriteLine($"FAIL  {name}: {fault}");
        }
    }
}
