using System.Globalization;
using System.Text;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Commands;

/// <summary>
/// A command line, read as Debian's mandos-ctl reads its: <c>--timeout=5m</c>, <c>--time 5m</c>, <c>-t5m</c>, <c>-va</c>; names of clients
/// anywhere, and all that follows <c>--</c> is names.
/// </summary>
internal sealed class CtlArguments
{
    private static readonly string[] _neverActions =
        ["help", "version", "all", "verbose", "dump-json", "names", "requests", "kept", "unknown", "unproven", "rotation", "invitations", "servers", "tokens", "socket", "debug", "check", "configdir"];

    private static readonly string[] _listings = ["verbose", "dump-json", "names", "requests", "kept", "unknown", "unproven", "rotation", "invitations", "servers", "tokens"];

    private static readonly string[] _decisions = ["approve-request", "deny-request"];

    /// <summary>Those that concern no client, and go with <see cref="_anywhere"/> alone.</summary>
    private static readonly string[] _alone = [.. _decisions, "reload", "tokens", "add-token", "revoke-token", "invite", "reject"];

    private static readonly string[] _anywhere = ["socket", "debug"];

    /// <summary>Those that concern the server's files, with what goes with them besides <see cref="_anywhere"/>.</summary>
    private static readonly (string Option, string[] With)[] _ofFiles =
        [
            ("add", ["dry-run", "also", "configdir"]), ("accept", ["dry-run", "also", "configdir"]), ("purge", ["configdir"]),
            ("rotate", ["dry-run", "configdir"]), ("tidy", ["configdir"]),
        ];

    /// <summary>Those that say more of another one, of which they need one.</summary>
    private static readonly (string Detail, string[] Of)[] _details =
    [
        ("scope", ["add-token"]), ("for", ["expect-reboot"]), ("no-approval", ["expect-reboot"]), ("valid", ["rehearse", "invite"]), ("address", ["invite"]),
        ("dry-run", ["add", "accept", "rotate"]), ("also", ["add", "accept"]), ("configdir", ["add", "accept", "rotate", "tidy", "remove", "purge"]),
    ];

    private static readonly string[] _scopes = ["read", "approve", "admin"];

    private readonly OrderedDictionary<string, string> _given = [];
    private readonly List<string> _clients = [];

    private CtlArguments()
    {
    }

    /// <summary>The directory with the files of the server's clients.</summary>
    public string ConfigDirectory => Path.GetFullPath(Get("configdir") ?? "/etc/mandos");

    /// <summary>The names of the clients, each once; with <c>--add</c> and <c>--rotate</c> they are files.</summary>
    public IReadOnlyList<string> Clients => _clients;

    /// <summary>The other servers on which the same is done.</summary>
    public IReadOnlyList<SshServer> Others { get; private set; } = [];

    /// <summary>The decision on one request; null for none.</summary>
    public (ulong RequestId, bool Approve)? Decision { get; private set; }

    /// <summary>The options that are given with their values, in that order.</summary>
    public IEnumerable<KeyValuePair<string, string>> Given => _given;

    /// <summary>Whether it is about the tokens of the web API.</summary>
    public bool HasTokens => Has("tokens") || Has("add-token") || Has("revoke-token");

    /// <summary>Whether it is about invitations.</summary>
    public bool HasInvitations => Has("invite") || Has("invitations") || Has("accept") || Has("reject");

    /// <summary>Whether this changes something rather than shows it.</summary>
    public bool HasAction => _given.Keys.Any(name => !_neverActions.Contains(name));

    /// <summary>A summary of the options, and with <paramref name="full"/> what each does.</summary>
    public static string Usage(bool full)
    {
        var text = new StringBuilder("usage: mandos-ctl [OPTION...] [CLIENT...]\n");
        if (full)
        {
            text.Append("\nShows or changes the clients of the Mandos server; see mandos-ctl(8).\n\noptions:\n");
            foreach (CtlOption option in CtlOption.All)
            {
                string names = $"  {(option.Letter is { } letter ? $"-{letter}, " : "    ")}--{option.Name} {option.Value}";
                text.Append(names.PadRight(34)).Append(' ').Append(option.Help).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Whether an option is given.</summary>
    public bool Has(string name) => _given.ContainsKey(name);

    /// <summary>The value of an option; null: not given.</summary>
    public string? Get(string name) => _given.GetValueOrDefault(name);

    /// <summary>Reads arguments.</summary>
    /// <exception cref="UsageException">They are wrong, or do not fit together.</exception>
    public static CtlArguments Parse(IEnumerable<string> arguments)
    {
        var result = new CtlArguments();
        var rest = new Queue<string>(arguments);
        bool onlyNames = false;
        while (rest.TryDequeue(out string? argument))
        {
            if (onlyNames || argument is "-" or "" || argument[0] != '-')
            {
                if (!result._clients.Contains(argument))
                {
                    result._clients.Add(argument);
                }
            }
            else if (argument == "--")
            {
                onlyNames = true;
            }
            else if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                result.ReadLong(argument[2..], rest);
            }
            else
            {
                result.ReadShort(argument, rest);
            }
        }

        if (!result.Has("help") && !result.Has("version"))
        {
            result.Check();
        }

        return result;
    }

    private static UsageException Unknown(string argument) => new($"unrecognized arguments: {argument.ReplaceLineEndings("…")}");

    private void ReadLong(string argument, Queue<string> rest)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? argument : argument[..equals];
        CtlOption[] candidates = [.. CtlOption.All.Where(option => option.Name.StartsWith(name, StringComparison.Ordinal))];
        CtlOption[] debians = [.. candidates.Where(option => !CtlOption.Own.Contains(option.Name))];
        CtlOption option = candidates.FirstOrDefault(option => option.Name == name) ?? candidates.Length switch
        {
            0 => throw Unknown($"--{argument}"),
            1 => candidates[0],
            _ when debians.Length == 1 => debians[0],
            _ => throw new UsageException(
                $"ambiguous option: --{name} could match {string.Join(", ", candidates.Select(option => $"--{option.Name}"))}"),
        };
        Add(option, equals < 0 ? null : argument[(equals + 1)..], rest);
    }

    private void ReadShort(string argument, Queue<string> rest)
    {
        for (int i = 1; i < argument.Length; i++)
        {
            CtlOption option = CtlOption.All.FirstOrDefault(option => option.Letter == argument[i]) ?? throw Unknown(argument);
            if (option.Value is not null)
            {
                string attached = argument[(i + 1)..];
                Add(option, attached.Length == 0 ? null : attached[0] == '=' ? attached[1..] : attached, rest);
                return;
            }

            Add(option, null, rest);
        }
    }

    private void Add(CtlOption option, string? value, Queue<string> rest)
    {
        if (option.Value is null && value is not null)
        {
            throw new UsageException($"option --{option.Name} takes no value");
        }

        if (option.Value is not null && value is null)
        {
            bool isThere = rest.TryPeek(out value) && !(value.Length > 1 && value[0] == '-' && !char.IsAsciiDigit(value[1]));
            value = isThere ? rest.Dequeue() : throw new UsageException($"option --{option.Name} needs a value: {option.Value}");
        }

        foreach ((string first, string second) in CtlOption.Opposites)
        {
            string? opposite = option.Name == first ? second : option.Name == second ? first : null;
            if (opposite is not null && Has(opposite))
            {
                throw new UsageException($"option --{option.Name} does not go with --{opposite}");
            }
        }

        _given[option.Name] = value ?? "";
    }

    private void Check()
    {
        string[] shows = [.. _listings.Where(Has)];
        if (shows.Length > 1 || (shows.Length == 1 && HasAction))
        {
            throw new UsageException($"--{shows[^1]} can only be used alone.");
        }

        CheckDetails();
        if (_alone.FirstOrDefault(Has) is { } alone)
        {
            if (_clients.Count > 0
                || _given.Keys.Any(name => name != alone && !_anywhere.Contains(name) && !_details.Any(detail => detail.Detail == name && detail.Of.Contains(alone))))
            {
                throw new UsageException($"--{alone} can only be used alone.");
            }

            CheckAlone(alone);
            return;
        }

        CheckFiles();
        ReadOthers();
        if (Has("accept") && _clients.Count > 0)
        {
            throw new UsageException("--accept takes one name.");
        }

        if (HasAction && _clients.Count == 0 && !Has("all") && !Has("add") && !Has("accept") && !Has("rotate") && !Has("tidy"))
        {
            throw new UsageException("Options require clients names or --all.");
        }

        if (Has("promote") && Has("all"))
        {
            throw new UsageException("--promote takes names: it retires keys, also of clients that have not booted with their next ones.");
        }

        if (Has("all") && !HasAction)
        {
            throw new UsageException("--all requires an action.");
        }

        string[] actions = [.. _given.Keys.Where(name => !_neverActions.Contains(name))];
        if (Has("is-enabled") && (_clients.Count != 1 || Has("all") || actions.Length > 1))
        {
            throw new UsageException(actions.Length > 1
                ? "--is-enabled can only be used alone."
                : "--is-enabled requires exactly one client");
        }

        if (Has("forget") && (Has("all") || actions.Length > 1))
        {
            throw new UsageException("--forget can only be used alone, with names.");
        }

        foreach (string listing in (ReadOnlySpan<string>)["kept", "unknown", "unproven", "rotation", "invitations", "servers"])
        {
            if (Has(listing) && _clients.Count > 0)
            {
                throw new UsageException($"--{listing} takes no names.");
            }
        }

        if (Has("remove") && actions.Any(name => name is not ("remove" or "deny")))
        {
            throw new UsageException("--remove can only be combined with --deny");
        }
    }

    private void CheckDetails()
    {
        foreach ((string detail, string[] of) in _details)
        {
            if (Has(detail) && !of.Any(Has))
            {
                string others = string.Concat(of[..^1].Select(static (name, i) => $"{(i > 0 ? ", " : "")}--{name}"));
                throw new UsageException($"--{detail} goes with {(of.Length > 1 ? others + " or " : "")}--{of[^1]}.");
            }
        }
    }

    private void CheckFiles()
    {
        foreach ((string option, string[] with) in _ofFiles)
        {
            if (Has(option) && _given.Keys.FirstOrDefault(name => name != option && !with.Contains(name) && !_anywhere.Contains(name)) is { } other)
            {
                throw new UsageException($"--{option} does not go with --{other}.");
            }
        }
    }

    private void ReadOthers()
    {
        try
        {
            Others = Get("also") is { } others ? SshServer.Parse(others) : [];
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private void CheckAlone(string option)
    {
        if (_decisions.Contains(option))
        {
            Decision = ulong.TryParse(_given[option], NumberStyles.None, CultureInfo.InvariantCulture, out ulong id)
                ? (id, option == _decisions[0])
                : throw new UsageException($"“{_given[option]}” is no number of a request; mandos-ctl --requests lists them");
        }
        else if (option == "add-token" && !_scopes.Contains(Get("scope")))
        {
            throw new UsageException("--add-token needs --scope read, --scope approve or --scope admin.");
        }
    }
}
