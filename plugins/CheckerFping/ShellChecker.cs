using System.Composition;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;
using Mandos.CheckerFping.Expansion;
using Mandos.CheckerFping.Pings;
using Mandos.CheckerFping.Processes;

namespace Mandos.CheckerFping;

/// <summary>
/// The standard checker: runs the option <c>checker</c> of a client in a shell. Exit code 0 means that the client is alive. The default
/// command needs no shell: then one run of fping serves many clients.
/// </summary>
[ExportChecker("shell")]
public sealed class ShellChecker : IChecker
{
    private readonly ChildRunner _runner;
    private readonly PingBatches _batches;

    /// <summary>Makes the checker.</summary>
    /// <param name="context">Gives log, time and debug mode.</param>
    [ImportingConstructor]
    public ShellChecker(IPluginContext context)
    {
        _runner = new ChildRunner(context);
        _batches = new PingBatches(context, _runner, PingLimits.Window);
    }

    /// <inheritdoc/>
    public ICheck Prepare(ClientSnapshot client)
    {
        ArgumentNullException.ThrowIfNull(client);
        string command = CommandTemplate.Expand(client);
        ICheck shell = new ShellCheck(command, _runner);
        return PingHost.Of(command) is { } host ? new PingCheck(host, client.LastCheckerStatus == 0, _batches, shell) : shell;
    }
}
