using System.Composition;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;
using Mandos.CheckerFping.Expansion;

namespace Mandos.CheckerFping;

/// <summary>
/// The standard checker: runs the option <c>checker</c> of a client in a shell. Exit code 0 means that the client is alive.
/// </summary>
/// <param name="context">Gives log, time and debug mode.</param>
[ExportChecker("shell")]
[method: ImportingConstructor]
public sealed class ShellChecker(IPluginContext context) : IChecker
{
    /// <inheritdoc/>
    public ICheck Prepare(ClientSnapshot client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new ShellCheck(CommandTemplate.Expand(client), context);
    }
}
