using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins.Checkers;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Reads the clients, at the start and at each reload, and has the checkers look at what is theirs.</summary>
/// <param name="configDirectory">The configuration directory.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ClientSource(string configDirectory, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>
    /// Whether there was a <c>clients.conf</c>: if it is gone at a reload, it is being replaced, or on a disk that is not mounted. To forget
    /// its clients would enable the disabled ones when it is back.
    /// </summary>
    private bool _hasFile;

    private ClientFileResult? _read;

    /// <summary>The search for the programs of the clients' checks, which nobody waits for.</summary>
    private Task _search = Task.CompletedTask;

    /// <summary>Reads the files for the start, while there are the rights to do so.</summary>
    /// <returns>Everything that is wrong with them.</returns>
    public IReadOnlyList<ConfigProblem> Read()
    {
        _read = ClientFileReader.Read(configDirectory, _hasFile);
        _hasFile |= File.Exists(Path.Combine(configDirectory, ClientFileReader.FileName));
        return _read.Problems;
    }

    /// <summary>Takes the clients that <see cref="Read"/> has read, once.</summary>
    /// <param name="checkers">The checkers. One that breaks now is not used.</param>
    /// <exception cref="ConfigurationException">There are problems.</exception>
    public async Task<IReadOnlyList<ClientDefinition>> TakeAsync(CheckerRegistry checkers)
    {
        (ClientFileResult read, _read) = (_read!, null);
        return await CheckAsync(read, checkers, isReload: false).ConfigureAwait(false);
    }

    /// <summary>Reads the files anew.</summary>
    /// <param name="checkers">The checkers. If one breaks now, what was in force stays so.</param>
    /// <exception cref="ConfigurationException">There are problems.</exception>
    public async Task<IReadOnlyCollection<ClientDefinition>> ReloadAsync(CheckerRegistry checkers)
    {
        IReadOnlyList<ConfigProblem> problems = Read();
        (ClientFileResult read, _read) = (_read!, null);
        return problems.Count > 0 ? throw Refuse(problems) : await CheckAsync(read, checkers, isReload: true).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<ClientDefinition>> CheckAsync(ClientFileResult read, CheckerRegistry checkers, bool isReload)
    {
        CheckerReport report = await checkers.ValidateAsync(read.Checkers).ConfigureAwait(false);
        foreach (ConfigProblem note in report.Notes)
        {
            LogNote(note);
        }

        IReadOnlyList<ConfigProblem> problems = isReload ? [.. report.Problems, .. report.Broken] : report.Problems;
        if (problems.Count > 0)
        {
            foreach (ClientDefinition client in read.Clients!)
            {
                client.Secret.Dispose();
            }

            throw Refuse(problems);
        }

        foreach (ConfigProblem unusable in report.Unusable.Concat(report.Broken))
        {
            LogUnusable(unusable);
        }

        (string, ClientSettings)[] clients = [.. read.Clients!.Select(static client => (client.Name, client.Settings))];
        _search = WarnOfProgramsAsync(clients, _search);
        return read.Clients!;
    }

    private async Task WarnOfProgramsAsync((string, ClientSettings)[] clients, Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            foreach (string fault in await CheckerPrograms.FindFaultsAsync(clients, pings: true, CancellationToken.None).ConfigureAwait(false))
            {
                LogProgram(fault);
            }
        }
#pragma warning disable CA1031 // It is only advice
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotSearched(e.Message);
        }
    }

    private static ConfigurationException Refuse(IReadOnlyList<ConfigProblem> problems)
        => new([.. problems.Select(problem => problem.ToString())]);

    [LoggerMessage(2060, LogLevel.Information, "{Note}")]
    private partial void LogNote(ConfigProblem note);

    [LoggerMessage(2062, LogLevel.Warning, "{Fault}")]
    private partial void LogProgram(string fault);

    [LoggerMessage(2063, LogLevel.Information, "Cannot find out whether the programs of the clients' checks are there: {Reason}")]
    private partial void LogNotSearched(string reason);

    [LoggerMessage(2061, LogLevel.Error, "{Problem}")]
    private partial void LogUnusable(ConfigProblem problem);
}
