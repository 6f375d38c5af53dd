using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Checkers;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.SelfTesting;

/// <summary>Quick real checks of the parsers and of every plugin found, for <c>--check</c>. They need neither root nor a configuration.</summary>
/// <param name="plugins">The plugins.</param>
/// <param name="subjects">What they export.</param>
/// <param name="output">Gets a line for each check, and a summary.</param>
internal sealed class SelfTest(PluginCatalog plugins, IReadOnlyList<Subject> subjects, TextWriter output)
{
    /// <summary>How many plugins are put to the test at once: they wait more than they work.</summary>
    private static readonly int _parallel = 2 * Environment.ProcessorCount;

    private int _passed;
    private int _failed;

    /// <summary>Runs all checks.</summary>
    /// <returns>Whether all passed.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var turns = new SemaphoreSlim(_parallel);
        Task<IReadOnlyList<CheckLine>>[] tests = [.. subjects.Select(subject => TestAsync(subject, turns, cancellationToken))];
        await new Subject("parsers", ParserChecks.All).TestAsync(Report).ConfigureAwait(false);
        ReportUnused();
        await WarnOfFpingAsync(cancellationToken).ConfigureAwait(false);
        RequireOne<ITlsBackend>();
        RequireOne<IStateStore>();
        foreach (Task<IReadOnlyList<CheckLine>> test in tests)
        {
            foreach (CheckLine line in await test.ConfigureAwait(false))
            {
                Report(line);
            }
        }

        await output.WriteLineAsync($"{_passed} passed, {_failed} failed").ConfigureAwait(false);
        return _failed == 0;
    }

    private static async Task<IReadOnlyList<CheckLine>> TestAsync(
        Subject subject, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await new SubjectProcess(subject).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turns.Release();
        }
    }

    /// <summary>It is no failure: the clients may have other checkers.</summary>
    private async Task WarnOfFpingAsync(CancellationToken cancellationToken)
    {
        if (plugins.GetExports<IChecker>().Any(static checker => checker.Name == ClientDefinition.StandardChecker)
            && await CheckerPrograms.FindFaultAsync("fping", pings: true, cancellationToken).ConfigureAwait(false) is { } fault)
        {
            await output.WriteLineAsync($"warn  checker {ClientDefinition.StandardChecker}: the default command: {fault}").ConfigureAwait(false);
        }
    }

    private void ReportUnused()
    {
        foreach (PluginDescription plugin in plugins.Plugins)
        {
            if (plugin.State == PluginState.Disabled)
            {
                output.WriteLine($"skip  plugin {plugin.Name}: it is disabled");
            }
            else if (plugin.State != PluginState.Active)
            {
                Report(new CheckLine($"plugin {plugin.Name}", "can be used", plugin.Reason ?? "no reason given"));
            }
        }

        foreach (Subject subject in subjects.Where(static subject => subject.Omission is not null))
        {
            output.WriteLine($"skip  {subject.Name}: {subject.Omission}");
        }
    }

    /// <summary>If there are several, the configuration chooses.</summary>
    private void RequireOne<T>()
        where T : class
    {
        string? fault = null;
        if (plugins.GetExports<T>().Count == 0)
        {
            try
            {
                plugins.GetOnly<T>();
            }
            catch (PluginException e)
            {
                fault = e.Message;
            }
        }

        Report(new CheckLine("server", $"has the {PluginKind.Of<T>()} that it needs", fault));
    }

    private void Report(CheckLine line)
    {
        output.WriteLine(line);
        if (line.Fault is null)
        {
            _passed++;
        }
        else
        {
            _failed++;
        }
    }
}
