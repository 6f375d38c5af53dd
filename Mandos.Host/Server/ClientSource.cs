using Mandos.Abstractions.Control;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins.Checkers;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Reads the clients, at the start and at each reload, and has the checkers look at what is theirs.</summary>
/// <remarks>A client with a mistake is left out, visibly, and costs no other its secret.</remarks>
/// <param name="options">Where they are, and whether any mistake is one too many.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ClientSource(ServerOptions options, ILogger logger)
{
    /// <summary>How many names of clients that are left out the log has at most.</summary>
    private const int MaxNames = 20;

    private readonly ILogger _logger = logger;

    /// <summary>
    /// Whether there was a <c>clients.conf</c>: if it is gone at a reload, it is being replaced, or on a disk that is not mounted, and the
    /// server still serves its clients.
    /// </summary>
    private bool _hasFile;

    /// <summary>Whether there was a <c>clients.d</c>, of which the same is true.</summary>
    private bool _hasDirectory;

    private ClientFileResult? _read;

    /// <summary>Files that could not be read at the last try.</summary>
    private volatile IReadOnlyList<string> _unread = [];

    /// <summary>What the files held when they were read last; null if there was something to say about them.</summary>
    private FilesMark? _mark;

    /// <summary>The programs of the clients' checks.</summary>
    private IReadOnlyList<CheckerPrograms.Users> _programs = [];

    /// <summary>The search for the programs of the clients' checks, which nobody waits for.</summary>
    private Task _search = Task.CompletedTask;

    /// <summary>What the priority string allows, to warn of clients that cannot connect with it; null if that is not known.</summary>
    public PriorityDescription? Priority { get; set; }

    /// <summary>Whether a file that could not be read can be read now.</summary>
    public bool HasNews() => _unread.Any(InputFile.CanRead);

    /// <summary>
    /// Whether the files hold what they held when they were read last, and there was nothing to say about them, so that to read them again would
    /// change nothing and tell nothing.
    /// </summary>
    public bool IsUnchanged()
    {
        if (_mark is not { } mark || !mark.IsCurrent(options.ConfigDirectory))
        {
            return false;
        }

        _search = WarnOfProgramsAsync(_programs, _search); // what is in force and is not of the files
        return true;
    }

    /// <summary>Reads the files for the start, while there are the rights to do so.</summary>
    /// <returns>What keeps the server from starting; null if nothing does.</returns>
    public StartException? Read()
    {
        _mark = null;
        _read = ClientFileReader.Read(options.ConfigDirectory, _hasFile, _hasDirectory);
        _unread = _read.Unread;
        _hasFile |= File.Exists(Path.Combine(options.ConfigDirectory, ClientFileReader.FileName));
        _hasDirectory |= Directory.Exists(Path.Combine(options.ConfigDirectory, ClientFileReader.DirectoryName));
        if (!_read.IsUseless && !(options.StrictConfig && _read.Problems.Count > 0))
        {
            return null;
        }

        // A file that could not be read may be readable soon, on a disk that is not mounted yet; a mistake stays one.
        return new StartException(ToLines(_read.Problems)) { IsMistake = _read.Unread.Count == 0 };
    }

    /// <summary>Takes the clients that <see cref="Read"/> has read, once.</summary>
    /// <param name="checkers">The checkers. One that breaks now is not used.</param>
    /// <exception cref="ConfigurationException">There are problems.</exception>
    public async Task<ClientConfiguration> TakeAsync(CheckerRegistry checkers)
    {
        (ClientFileResult read, _read) = (_read!, null);
        return await CheckAsync(read, checkers, isReload: false).ConfigureAwait(false);
    }

    /// <summary>Reads the files again.</summary>
    /// <param name="checkers">The checkers. If one breaks now, the configuration in force stays.</param>
    /// <exception cref="ConfigurationException">There are problems.</exception>
    public async Task<ClientConfiguration> ReloadAsync(CheckerRegistry checkers)
    {
        StartException? refusal = Read();
        (ClientFileResult read, _read) = (_read!, null);
        if (refusal is not null)
        {
            Dispose(read);
            throw new ConfigurationException(refusal.Problems);
        }

        return await CheckAsync(read, checkers, isReload: true).ConfigureAwait(false);
    }

    private async Task<ClientConfiguration> CheckAsync(ClientFileResult read, CheckerRegistry checkers, bool isReload)
    {
        CheckerReport report = await checkers.ValidateAsync(read.Checkers).ConfigureAwait(false);
        foreach (ConfigProblem note in report.Notes)
        {
            LogNote(note);
        }

        IReadOnlyList<ConfigProblem> fatal =
        [
            .. options.StrictConfig || report.LeftOut.Count == read.Clients!.Count ? report.Problems : [],
            .. isReload ? report.Broken : [],
        ];
        fatal = report.NoStandardChecker is { } absence ? [absence, .. fatal] : fatal;
        if (fatal.Count > 0)
        {
            Dispose(read);
            throw new ConfigurationException(ToLines(fatal));
        }

        foreach (ConfigProblem warning in read.Warnings)
        {
            LogWarning(warning);
        }

        foreach (ConfigProblem problem in (IEnumerable<ConfigProblem>)[.. read.Problems, .. report.Problems, .. report.Unusable, .. report.Broken])
        {
            LogProblem(problem);
        }

        // At a reload, one that has both keys keeps them. Nobody has at a start, where the present one is better than none.
        string[] faultyNext = [.. read.Clients!.Where(static client => client.IsNextFaulty).Select(static client => client.Name)];
        if (faultyNext.Length > 0 && !isReload)
        {
            LogFaultyNext(faultyNext.Length, Names(faultyNext));
        }

        HashSet<string> without = [.. report.LeftOut, .. isReload ? faultyNext : []];
        HashSet<string> leftOut = [.. read.LeftOut, .. without];
        if (leftOut.Count > 0)
        {
            LogLeftOut(leftOut.Count, Names(leftOut), isReload ? "keep what they had, if they were served" : "are not served");
        }

        foreach (ClientDefinition client in read.Clients!.Where(client => without.Contains(client.Name)))
        {
            client.DisposeSecrets();
        }

        ClientDefinition[] clients = [.. read.Clients!.Where(client => !without.Contains(client.Name))];
        ConfigProblem? unreachable = Priority is null ? null : PriorityFit.FindUnreachable(options, Priority, clients);
        if (unreachable is not null)
        {
            LogWarning(unreachable);
        }

        // A checker may look at more than the files
        bool isPlain = read.Checkers.Clients.Count == 0 && report.Notes.Count + report.Problems.Count + report.Unusable.Count + report.Broken.Count == 0;
        _mark = isPlain && read.IsComplete && leftOut.Count + read.Warnings.Count + read.Problems.Count + read.Unread.Count == 0 && unreachable is null
            ? read.Mark : null;

        _programs = [.. CheckerPrograms.FindUsers(clients)];
        _search = WarnOfProgramsAsync(_programs, _search);
        return new(clients)
        {
            LeftOut = leftOut,
            IsComplete = read.IsComplete,
        };
    }

    private async Task WarnOfProgramsAsync(IReadOnlyList<CheckerPrograms.Users> programs, Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            foreach (string fault in await CheckerPrograms.FindFaultsAsync(programs, pings: true, CancellationToken.None).ConfigureAwait(false))
            {
                LogProgram(fault);
            }
        }
        catch (Exception e)
        {
            // It is only advice
            LogNotSearched(e.Message);
        }
    }

    private static void Dispose(ClientFileResult read)
    {
        foreach (ClientDefinition client in read.Clients ?? [])
        {
            client.DisposeSecrets();
        }
    }

    private static string Names(IReadOnlyCollection<string> clients)
        => string.Join(", ", clients.Order(StringComparer.Ordinal).Take(MaxNames).Select(OptionValues.Show)) + (clients.Count > MaxNames ? ", …" : "");

    private static IReadOnlyList<string> ToLines(IReadOnlyList<ConfigProblem> problems) => [.. problems.Select(problem => problem.ToString())];
}
