using System.Collections.Concurrent;
using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Isolation;
using Mandos.Host.Plugins.Steering;

namespace Mandos.Host.Plugins.Checkers;

/// <summary>Knows which checkers there are, and why others are not, and has them look at the options of their clients.</summary>
/// <param name="plugins">The plugins.</param>
/// <param name="instances">Those checkers that could be constructed, by name.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class CheckerRegistry(PluginCatalog plugins, IReadOnlyDictionary<string, IChecker> instances, TimeProvider timeProvider)
{
    private static readonly PluginKind _kind = PluginKind.Of<IChecker>();

    /// <summary>The options that each checker declares, of all that were found.</summary>
    /// <remarks>If several plugins have one of a name, of that which is in use, and else of one that should be.</remarks>
    private readonly Dictionary<string, IReadOnlyList<string>> _options = plugins.Plugins.OrderBy(Order).SelectMany(plugin => plugin.Exports)
        .Where(export => export.Kind == _kind).DistinctBy(export => export.Name).ToDictionary(export => export.Name, export => export.Options);

    /// <summary>Why a checker must not be used although it could be constructed.</summary>
    private readonly ConcurrentDictionary<string, string> _broken = new(StringComparer.Ordinal);

    /// <summary>Whether the engine has its checkers, and uses them whatever they do at a reload.</summary>
    private bool _isServing;

    /// <summary>The checkers for the engine. Those that were found and cannot be used are there too, and fail each check.</summary>
    public IReadOnlyDictionary<string, IChecker> ForEngine()
    {
        var checkers = new Dictionary<string, IChecker>(StringComparer.Ordinal);
        foreach (string name in FoundNames())
        {
            checkers[name] = WhyUnusable(name) is { } reason ? new UnusableChecker(name, reason)
                : new DiscreetChecker(instances[name], text => plugins.Hide(name, text));
        }

        _isServing = true;
        return checkers;
    }

    /// <summary>Checks what clients ask of checkers. A checker that throws or hangs meanwhile harms nobody but its clients.</summary>
    public async Task<CheckerReport> ValidateAsync(CheckerUses uses)
    {
        var problems = new ProblemList();
        var leftOut = new HashSet<string>(StringComparer.Ordinal);
        var unusable = new List<ConfigProblem>();
        ConfigProblem? noStandardChecker = null;
        var validations = new List<Task<Validation>>();
        if (uses.PlainClients > 0)
        {
            noStandardChecker = CheckPlainClients(uses, unusable);
        }

        foreach (var group in uses.Clients.GroupBy(use => use.Checker, StringComparer.Ordinal))
        {
            CheckerUse[] clients = [.. group];
            if (FindAbsence(group.Key) is { } absence)
            {
                foreach (CheckerUse use in clients)
                {
                    problems.Add(uses.At(use, "checker_plugin", absence));
                    leftOut.Add(use.Client);
                }
            }
            else if (WhyUnusable(group.Key) is { } reason)
            {
                unusable.Add(uses.At(clients[0], "checker_plugin", Unusable(group.Key, reason, clients.Length)));
            }
            else
            {
                FindUnknownOptions(clients, uses, problems, leftOut);
                validations.Add(ValidateAsync(group.Key, clients, uses));
            }
        }

        Validation[] results = await Task.WhenAll(validations).ConfigureAwait(false);
        foreach ((string client, ConfigProblem problem) in results.SelectMany(result => result.Problems))
        {
            problems.Add(problem);
            leftOut.Add(client);
        }

        return new()
        {
            // As they stand in the files, which are read in this order
            Problems = [.. problems.Problems.OrderBy(problem => problem.File, StringComparer.Ordinal).ThenBy(problem => problem.Line)],
            LeftOut = leftOut,
            NoStandardChecker = noStandardChecker,
            Broken = [.. results.Select(result => result.Fault).OfType<ConfigProblem>()],
            Unusable = unusable,
            Notes = [.. uses.NoteUnknown(IsTaken)],
        };
    }

    /// <returns>Why there is no standard checker, or null.</returns>
    private ConfigProblem? CheckPlainClients(CheckerUses uses, List<ConfigProblem> unusable)
    {
        string name = ClientDefinition.StandardChecker;
        if (FindAbsence(name) is { } absence)
        {
            string whose = uses.PlainClients == 1 ? "1 client has" : $"{uses.PlainClients} clients, the first of them here, have";
            return uses.Lines.At(uses.FirstPlainLine, $"{whose} the standard checker; {absence}; "
                + $"put back plugin {_kind.DefaultPlugin}, or name another by checker_plugin");
        }

        if (WhyUnusable(name) is { } reason)
        {
            unusable.Add(uses.Lines.At(uses.FirstPlainLine, Unusable(name, reason, uses.PlainClients)));
        }

        return null;
    }

    /// <summary>Why there is no checker of a name.</summary>
    /// <returns>Null if there is one, usable or not, or could be one in a plugin of which nothing can be known.</returns>
    private string? FindAbsence(string name)
    {
        if (Find(name) is { State: not PluginState.Disabled })
        {
            return null;
        }

        string[] names = [.. FoundNames()];
        string there = names.Length == 0 ? "there is none at all" : OptionValues.Choose(names);
        return Find(name) is { } disabled ? $"checker “{name}” is in plugin {disabled.Name}, which is not used: {disabled.Reason}; {there}"
            : FindUnknown() is not null ? null
            : $"there is no checker “{OptionValues.Show(name)}” under {plugins.Root}; {there}";
    }

    /// <summary>Why a checker that is there cannot be used.</summary>
    /// <returns>Null if it can.</returns>
    private string? WhyUnusable(string name)
        => _broken.TryGetValue(name, out string? reason) ? reason
            : instances.ContainsKey(name) ? null
            : (Find(name) ?? FindUnknown()) is { } plugin ? $"plugin {plugin.Name}: {plugin.Reason}"
            : null;

    private static string Unusable(string name, string reason, int clients)
        => $"checker “{name}” cannot be used, so all checks of {Count(clients)} fail until they are disabled: {reason}";

    /// <summary>The plugin that exports a checker; if there are several, one that is in use, and else one that should be.</summary>
    private PluginDescription? Find(string name)
        => plugins.Plugins.Where(plugin => plugin.Exports.Any(export => export.Kind == _kind && export.Name == name))
            .MinBy(Order);

    private static int Order(PluginDescription plugin)
        => plugin.State switch { PluginState.Active => 0, PluginState.Disabled => 2, _ => 1 };

    /// <summary>A plugin that is there and so broken that nobody knows what it exports.</summary>
    private PluginDescription? FindUnknown()
        => plugins.Plugins.FirstOrDefault(plugin => plugin is { State: PluginState.Malfunctioned, Contract: null });

    private IEnumerable<string> FoundNames() => _options.Keys.Where(name => Find(name) is { State: not PluginState.Disabled });

    private bool IsTaken(string? checker, string option)
        => checker is not null ? OptionsOf(checker) is { Count: > 0 } // others are reported as problems
            : _options.Values.Any(options => options.Contains(option));

    private IReadOnlyList<string> OptionsOf(string checker) => _options.GetValueOrDefault(checker, []);

    private void FindUnknownOptions(CheckerUse[] clients, CheckerUses uses, ProblemList problems, HashSet<string> leftOut)
    {
        string checker = clients[0].Checker;
        IReadOnlyList<string> known = OptionsOf(checker);
        if (known.Count == 0)
        {
            return; // it does not say what it takes
        }

        foreach (CheckerUse use in clients)
        {
            foreach (OptionPlace option in use.Options)
            {
                if (!option.IsKnown && !known.Contains(option.Name))
                {
                    leftOut.Add(use.Client);
                    problems.Add(uses.Lines.At(option.Line, $"option {OptionValues.ShowName(option.Name)} is unknown to the server and to "
                        + $"checker “{checker}”, which takes {string.Join(", ", known)}"));
                }
            }
        }
    }

    private async Task<Validation> ValidateAsync(string name, CheckerUse[] clients, CheckerUses uses)
    {
        TimeSpan limit = PluginLimits.Validation + PluginLimits.ValidationPerClient * clients.Length;
        string fault;
        try
        {
            Task<List<(string Client, ConfigProblem Problem)>> validation = PluginThread.Start(() => Validate(instances[name], clients, uses));
            return new(await validation.WaitAsync(limit, timeProvider).ConfigureAwait(false), null);
        }
        catch (TimeoutException)
        {
            fault = string.Create(CultureInfo.InvariantCulture, $"it has not ended within {limit.TotalSeconds:0.#} s");
        }
        catch (PluginException e)
        {
            fault = e.Message;
        }

        string reason = plugins.Fail(name, $"checker “{name}” cannot look at the options of its clients", fault).Message;
        if (!_isServing)
        {
            _broken[name] = reason;
        }

        return new([], uses.At(clients[0], "checker_plugin", Unusable(name, reason, clients.Length)));
    }

    /// <exception cref="PluginException">The checker failed.</exception>
    private static List<(string Client, ConfigProblem Problem)> Validate(IChecker checker, CheckerUse[] clients, CheckerUses uses)
    {
        var problems = new List<(string Client, ConfigProblem Problem)>();
        foreach (CheckerUse use in clients)
        {
            try
            {
                foreach (OptionProblem problem in checker.Validate(use.Settings))
                {
                    problems.Add((use.Client, uses.At(use, LogText.Escape(problem.Option), LogText.Escape(problem.Message))));
                }
            }
            catch (Exception e)
            {
                // Whatever it is, it is the plugin's own doing
                // An option may be a secret, and exceptions often repeat the bad value.
                string reason = Redaction.Hide(LogText.Summarize(e), use.Settings.Options.Values);
                throw new PluginException($"client [{OptionValues.Show(use.Client)}]: {reason}");
            }
        }

        return problems;
    }

    private static string Count(int clients) => clients == 1 ? "1 client" : $"{clients} clients";

    /// <summary>What one checker found, or what kept it from that.</summary>
    private readonly record struct Validation(IReadOnlyList<(string Client, ConfigProblem Problem)> Problems, ConfigProblem? Fault);
}
