using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Checkers;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Steering;

namespace Mandos.Host.SelfTesting;

/// <summary>Reads all files as a start would, and says what is wrong with them, for <c>--check-config</c>.</summary>
/// <param name="commandLine">The options given there.</param>
/// <param name="services">What the plugins get. They are constructed, and nothing more.</param>
/// <param name="dropPrivileges">Becomes the user that loads plugins in a server; returns what went wrong, or null.</param>
internal sealed class ConfigurationCheck(CommandLineOptions commandLine, PluginServices services, Func<string?> dropPrivileges)
{
    private readonly ProblemList _problems = new();
    private readonly ProblemList _warnings = new();
    private readonly ProblemList _notes = new();

    /// <summary>Checks <c>mandos.conf</c>, together with the command line, <c>plugins.yaml</c> and the clients' files.</summary>
    /// <param name="output">Gets a line for each problem, one for each note, and a summary.</param>
    /// <returns>Whether a server would start from these files and check all clients.</returns>
    public async Task<bool> RunAsync(TextWriter output)
    {
        string directory = commandLine.ConfigDirectory ?? ServerOptions.DefaultConfigDirectory;
        ServerOptionsResult server = ServerOptionsLoader.Load(commandLine);
        PluginFileResult file = PluginFileReader.Read(directory);
        ClientFileResult clients = ClientFileReader.Read(directory);
        foreach (var client in clients.Clients ?? [])
        {
            client.DisposeSecrets();
        }

        int count = clients.Clients?.Count ?? 0;
        if (commandLine.ConfigDirectory is null && !Directory.Exists(directory))
        {
            _warnings.Add(new ConfigProblem(directory, 0, "there is no such directory"));
        }

        if (server.UsageError is { } usageError)
        {
            _problems.Add(new ConfigProblem(Path.Combine(directory, ServerOptionsLoader.FileName), 0, usageError));
        }

        Add(_problems, [.. server.Problems, .. file.Problems, .. clients.Problems]);
        Add(_warnings, [.. server.Warnings, .. clients.Warnings]);
        Add(_notes, server.Notes);
        await CheckPluginsAsync(server.Readable, file.Options, clients).ConfigureAwait(false);

        string clientsFile = Path.Combine(directory, ClientFileReader.FileName);

        // The unit gives its server rights that this process does not have
        Add(_notes, (await CheckerPrograms.FindFaultsAsync(clients.Clients ?? [], pings: false, CancellationToken.None).ConfigureAwait(false))
            .Select(fault => new ConfigProblem(clientsFile, 0, fault)));
        IReadOnlyList<ConfigProblem> problems = _problems.Problems;
        foreach (ConfigProblem problem in (IEnumerable<ConfigProblem>)
            [.. problems, .. Mark(_warnings, "warning"), .. Mark(_notes, "note")])
        {
            await output.WriteLineAsync(problem.ToString()).ConfigureAwait(false);
        }

        await output.WriteLineAsync(problems.Count > 0 ? $"{directory}: {Count(problems.Count, "problem")}"
            : $"{directory}: no problems, {Count(count, "client")}").ConfigureAwait(false);
        return problems.Count == 0;
    }

    private async Task CheckPluginsAsync(ServerOptions server, PluginOptions options, ClientFileResult clients)
    {
        string directory = server.PluginDirectory ?? PluginDiscovery.DefaultDirectory;
        if (!Directory.Exists(directory))
        {
            Add(_notes, clients.Checkers.NoteUnknown((_, _) => false));
            _notes.Add(new ConfigProblem(directory, 0, "there is no plugin directory, so settings and options of plugins were not checked"));
            return;
        }

        try
        {
            if (dropPrivileges() is { } fault)
            {
                throw new PluginException(fault);
            }

            PluginCatalog plugins = PluginCatalog.Load(directory, services, options.With(server));
            Add(_problems, plugins.CheckOptions(out IReadOnlyList<ConfigProblem> absent));
            Add(_notes, absent);
            if (Require(plugins.GetOnly<ITlsBackend>) is { } tls)
            {
                CheckPriority(tls, server, clients.Clients ?? []);
            }

            if (Require(plugins.GetOnly<IStateStore>) is ISharedStateStore shared)
            {
                string clientsFile = Path.Combine(commandLine.ConfigDirectory ?? ServerOptions.DefaultConfigDirectory, ClientFileReader.FileName);
                Add(_warnings, CutOffAdvice.Of(shared, (clients.Clients ?? []).Select(static client => (client.Name, client.Settings)))
                    .Concat((clients.Clients ?? []).Where(static client => client.Next is not null).Select(static client =>
                        $"client {OptionValues.Quote(client.Name)}: next_key_id has no effect with servers that share their state; its present key stays"))
                    .Select(advice => new ConfigProblem(clientsFile, 0, advice)));
            }

            _ = CreateAll<IAnnouncer>(plugins);
            _ = CreateAll<IControlSurface>(plugins);

            CheckerReport report = await new CheckerRegistry(plugins, CreateAll<IChecker>(plugins), services.TimeProvider)
                .ValidateAsync(clients.Checkers).ConfigureAwait(false);
            Add(_problems, [.. report.NoStandardChecker is { } absence ? [absence] : (ConfigProblem[])[], .. report.Problems, .. report.Broken, .. report.Unusable]);
            Add(_notes, report.Notes);
        }
        catch (PluginException e)
        {
            _problems.Add(new ConfigProblem(directory, 0, e.Message));
        }

        T? Require<T>(Func<PluginExport<T>> find)
            where T : class
        {
            try
            {
                return find().Create();
            }
            catch (PluginException e)
            {
                Add(_problems, e.Problems.Count > 0 ? e.Problems : [new ConfigProblem(directory, 0, e.Message)]);
                return null;
            }
        }

        // Without the others a server starts, so only what the file says wrong of them is a problem of the configuration.
        Dictionary<string, T> CreateAll<T>(PluginCatalog plugins)
            where T : class
        {
            var instances = new Dictionary<string, T>();
            foreach (PluginExport<T> export in plugins.GetExports<T>())
            {
                try
                {
                    instances.Add(export.Name, export.Create());
                }
                catch (PluginException e)
                {
                    Add(_problems, e.Problems);
                    if (e.Problems.Count == 0)
                    {
                        _notes.Add(new ConfigProblem(directory, 0, e.Message));
                    }
                }
            }

            return instances;
        }
    }

    private void CheckPriority(ITlsBackend tls, ServerOptions server, IReadOnlyList<ClientDefinition> clients)
    {
        try
        {
            PriorityDescription description = tls.DescribePriority(server.Priority);
            foreach (string word in description.Unknown)
            {
                _warnings.Add(server.AtPriority($"priority string: “{word}” is unknown and ignored"));
            }

            if (PriorityFit.FindUnreachable(server, description, clients) is { } warning)
            {
                _warnings.Add(warning);
            }
        }
        catch (PriorityStringException e)
        {
            _problems.Add(server.AtPriority(e.Message));
        }
    }

    private static IEnumerable<ConfigProblem> Mark(ProblemList list, string kind)
        => list.Problems.Select(problem => problem with { Message = $"{kind}: {problem.Message}" });

    private static void Add(ProblemList list, IEnumerable<ConfigProblem> problems)
    {
        foreach (ConfigProblem problem in problems)
        {
            list.Add(problem);
        }
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
