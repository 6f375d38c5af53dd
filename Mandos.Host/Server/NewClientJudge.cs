using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins.Checkers;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Judges a client that a command is to add as one of the files is judged: by its checker, its secret and the priority string.</summary>
/// <param name="options">Where the priority string is from.</param>
/// <param name="priority">What that allows; null if it is not known.</param>
/// <param name="checkers">The checkers.</param>
/// <param name="logger">The log.</param>
internal sealed partial class NewClientJudge(ServerOptions options, PriorityDescription? priority, CheckerRegistry checkers, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Judges a client.</summary>
    /// <param name="client">The client.</param>
    /// <exception cref="ArgumentException">It is not to be taken; the text, in one line, says why.</exception>
    public async Task JudgeAsync(ClientDefinition client)
    {
        CheckerReport report = await checkers.ValidateAsync(UsesOf(client)).ConfigureAwait(false);
        IEnumerable<ConfigProblem> problems =
            [.. report.NoStandardChecker is { } absence ? [absence] : Array.Empty<ConfigProblem>(), .. report.Problems, .. report.Unusable, .. report.Broken];
        if (problems.FirstOrDefault() is { } problem)
        {
            throw new ArgumentException(problem.Message);
        }

        foreach (ConfigProblem note in report.Notes)
        {
            LogDoubt(client.Name, note.Message);
        }

        if (OpenPgpMessage.FindFault(client.Secret.Memory.Span) is { } fault)
        {
            LogDoubt(client.Name, $"its secret {fault}, so that no client can use it; take it from the client's mandos-keygen --password");
        }

        if (priority is not null && PriorityFit.FindUnreachable(options, priority, [client]) is { } unreachable)
        {
            LogDoubt(client.Name, unreachable.ToString());
        }
    }

    private static CheckerUses UsesOf(ClientDefinition client)
    {
        string? checker = client.Settings.CheckerPlugin;
        bool isPlain = checker is null or ClientDefinition.StandardChecker;
        OptionPlace[] places = [.. client.Settings.Options.Keys.Select(static name => new OptionPlace(name, 1, IsKnown: false))];
        var lines = new SourceLines();
        lines.Add(client.Name, 1); // there is no file to name
        return new CheckerUses
        {
            Clients = isPlain ? [] : [new CheckerUse { Client = client.Name, Settings = client.Settings, Line = 1, Options = places }],
            PlainClients = isPlain ? 1 : 0,
            FirstPlainLine = isPlain ? 1 : 0,
            PlainOptions = isPlain ? places : [],
            Defaults = [],
            Lines = lines,
        };
    }
}
