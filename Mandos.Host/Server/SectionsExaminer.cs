using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins.Checkers;

namespace Mandos.Host.Server;

/// <summary>Judges sections that somebody wants to add to the clients' files, as the files themselves are judged at a reload.</summary>
/// <param name="options">Where the files are.</param>
/// <param name="priority">What the priority string allows; null if it is not known.</param>
/// <param name="checkers">The checkers.</param>
/// <param name="time">The clock.</param>
internal sealed class SectionsExaminer(ServerOptions options, PriorityDescription? priority, CheckerRegistry checkers, TimeProvider time)
{
    /// <summary>Judges sections.</summary>
    /// <param name="sections">The text, in UTF-8, which stays the caller's.</param>
    public async Task<Examination> ExamineAsync(ReadOnlyMemory<byte> sections)
    {
        SectionsResult read = await Task.Run(() => SectionsReader.Read(options.ConfigDirectory, sections.Span)).ConfigureAwait(false);
        try
        {
            return await JudgeAsync(read).ConfigureAwait(false);
        }
        finally
        {
            foreach ((ClientCandidate client, _) in read.Clients)
            {
                client.Definition.DisposeSecrets();
            }
        }
    }

    private async Task<Examination> JudgeAsync(SectionsResult read)
    {
        List<ConfigProblem> problems = [.. read.Problems];
        List<ConfigProblem> doubts = [.. read.Warnings];
        IReadOnlyList<string> programs = [];
        ClientDefinition[] definitions = [.. read.Clients.Select(static client => client.Client.Definition)];
        if (definitions.Length > 0)
        {
            CheckerReport report = await checkers.ValidateAsync(read.Checkers).ConfigureAwait(false);
            problems.AddRange(
                [.. report.NoStandardChecker is { } absence ? [absence] : (ConfigProblem[])[], .. report.Problems, .. report.Unusable, .. report.Broken]);
            doubts.AddRange(report.Notes.Where(static note => note.File == SectionsReader.Source));
            if (priority is not null && PriorityFit.FindUnreachable(options, priority, definitions) is { } unreachable)
            {
                doubts.Add(unreachable);
            }

            programs = await CheckerPrograms.FindFaultsAsync(definitions, pings: true, CancellationToken.None).ConfigureAwait(false);
        }

        return new Examination
        {
            ConfigDirectory = Path.GetFullPath(options.ConfigDirectory),
            Clients =
            [
                .. read.Clients.Select(client => new ExaminedClient
                {
                    Client = new ClientSnapshot
                    {
                        Name = client.Client.Definition.Name,
                        Settings = client.Client.Definition.Settings,
                        Enabled = client.Client.Definition.Enabled,
                        Created = time.GetUtcNow(),
                    },
                    Line = client.Line,
                    SecretLength = client.Client.Definition.Secret.Memory.Length,
                }),
            ],
            Problems = [.. problems.Select(static problem => problem.ToString())],
            Doubts = [.. doubts.Select(static doubt => doubt.ToString()), .. programs],
        };
    }
}
