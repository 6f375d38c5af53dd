using System.Composition;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;
using Mandos.CheckerSsh.Options;

namespace Mandos.CheckerSsh;

/// <summary>
/// Finds a client alive if its SSH server proves that it holds the private part of a host key named in <c>ssh_host_key</c>.
/// Nobody logs in.
/// </summary>
/// <param name="context">Gives the time.</param>
[ExportChecker("ssh", Options = [SshOptions.KeyOption, SshOptions.PortOption, SshOptions.TimeoutOption])]
[method: ImportingConstructor]
public sealed class SshChecker(IPluginContext context) : IChecker
{
    /// <inheritdoc/>
    public bool ProvesIdentity => true;

    /// <inheritdoc/>
    public ICheck Prepare(ClientSnapshot client)
    {
        ArgumentNullException.ThrowIfNull(client);
        List<OptionProblem> problems = [];
        return SshOptions.Read(client.Settings, problems) is { } options
            ? new SshCheck(options, context.TimeProvider)
            : throw new CheckPreparationException($"{problems[0].Option}: {problems[0].Message}");
    }

    /// <inheritdoc/>
    public IReadOnlyList<OptionProblem> Validate(ClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        List<OptionProblem> problems = [];
        SshOptions.Read(settings, problems);
        return problems;
    }
}
