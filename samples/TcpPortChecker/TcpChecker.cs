using System.Composition;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;

namespace Mandos.TcpPortChecker;

/// <summary>A client is alive if it accepts a connection to the TCP port that its option <c>tcp_port</c> names.</summary>
/// <remarks>Anybody in the network can accept it in the client's place: this proves less than an SSH host key does.</remarks>
/// <param name="context">Gives the time.</param>
[ExportChecker("tcp", Options = [TcpOptions.PortOption, TcpOptions.TimeoutOption])]
[method: ImportingConstructor]
public sealed class TcpChecker(IPluginContext context) : IChecker
{
    /// <inheritdoc/>
    public ICheck Prepare(ClientSnapshot client)
    {
        ArgumentNullException.ThrowIfNull(client);
        List<OptionProblem> problems = [];
        return TcpOptions.Read(client.Settings, problems) is { } options
            ? new TcpCheck(options, context.TimeProvider)
            : throw new CheckPreparationException($"{problems[0].Option} {problems[0].Message}");
    }

    /// <inheritdoc/>
    public IReadOnlyList<OptionProblem> Validate(ClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        List<OptionProblem> problems = [];
        TcpOptions.Read(settings, problems);
        return problems;
    }
}
