using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>Our server and Debian's answer the same calls alike and signal the same, but for what is meant to differ.</summary>
public sealed partial class SideBySideTests
{
    private const string Foo = "/clients/foo";
    private const string Old = "/clients/bar_example_org";
    private const string Introspectable = "org.freedesktop.DBus.Introspectable";
    private const string Peer = "org.freedesktop.DBus.Peer";
    private const string CheckerEnd = $"{BusPeer.OldClientInterface}.CheckerCompleted";

    // Why our server differs. A step that differs names its reason, and what our server does instead.
    private const string NamesOfErrors =
        "Debian's errors bear the names of Python's exceptions, which none of its programs reads; ours are those of D-Bus";
    private const string MoreOnServer = "our / has properties, on an interface of its own";
    private const string NoGuessing = "what is no value of the property is refused rather than taken for one";

    private const string AccessDenied = "org.freedesktop.DBus.Error.AccessDenied";
    private const string InvalidArguments = "org.freedesktop.DBus.Error.InvalidArgs";
    private const string ReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly";
    private const string UnknownInterface = "org.freedesktop.DBus.Error.UnknownInterface";
    private const string UnknownObject = "org.freedesktop.DBus.Error.UnknownObject";
    private const string UnknownProperty = "org.freedesktop.DBus.Error.UnknownProperty";

    // No check starts by itself: the first one starts after a random part of the interval.
    private static readonly string[] _clients =
    [
        """
        [DEFAULT]
        checker = true
        interval = P10D
        [foo]
        key_id = 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        fingerprint = 7788998877889988778899887788998877889988
        secret = c2VjcmV0
        host = foo.example.org
        [bar.example-org]
        key_id = 10112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        fingerprint = 8788998877889988778899887788998877889988
        secret = c2VjcmV0
        enabled = False
        """,
    ];

    private static readonly Step[] _script =
    [
        // Reading everything.
        Step.Server("GetAllClients"),
        Step.Server("GetAllClientsWithProperties"),
        Step.Server("GetManagedObjects") with { Interface = null },
        new("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"),
        new("/", BusPeer.OldServerInterface, "GetAllClients") { Destination = BusPeer.OldServer },
        new("/", BusPeer.ServerInterface, "GetAllClients") { Destination = BusPeer.OldServer },
        new(Foo, BusPeer.Properties, "GetAll", $"('{BusPeer.ClientInterface}',)"),
        new(Foo, BusPeer.Properties, "GetAll", $"('{BusPeer.OldClientInterface}',)"),
        new(Foo, BusPeer.Properties, "GetAll", "('',)"),
        new(Foo, BusPeer.Properties, "GetAll", "('no.such',)"),
        new(Foo, BusPeer.Properties, "GetAll", $"('{BusPeer.Properties}',)"),
        new(Foo, null, "GetAll", "('',)"),
        new(Old, null, "GetAll", "('',)"),
        new("/", Introspectable, "Introspect"),
        new("/clients", Introspectable, "Introspect"),
        new(Foo, Introspectable, "Introspect"),
        new(Foo, null, "Introspect"),
        new("/clients/none", Introspectable, "Introspect"),
        new("/none", Introspectable, "Introspect"),

        // Reading one property.
        .. new[]
        {
            "ApprovalDelay", "ApprovalDuration", "ApprovalPending", "ApprovedByDefault", "Checker", "CheckerRunning", "Created",
            "Enabled", "Expires", "ExtendedTimeout", "Fingerprint", "Host", "Interval", "KeyID", "LastApprovalRequest",
            "LastCheckedOK", "LastCheckerStatus", "LastEnabled", "Name", "ObjectPath", "Timeout",
        }.Select(property => Step.Get(property)),
        new(Foo, BusPeer.Properties, "Get", $"('{BusPeer.OldClientInterface}', 'Timeout')"),
        new Step(Foo, BusPeer.Properties, "Get", "('', 'Timeout')").Fails(UnknownInterface, NamesOfErrors),
        new Step(Foo, BusPeer.Properties, "Get", "('no.such', 'Timeout')").Fails(UnknownInterface, NamesOfErrors),
        new Step(Foo, BusPeer.Properties, "Get", "('Timeout',)").Fails(InvalidArguments, NamesOfErrors),
        Step.Get("Nonsense").Fails(UnknownProperty, NamesOfErrors),
        Step.Get("Secret").Fails(AccessDenied, NamesOfErrors),

        // Durations.
        Step.Set("Timeout", "int32 400000"),
        Step.Set("Timeout", "int32 400000"),
        Step.Set("Timeout", "uint64 300000"),
        Step.Set("Timeout", "<uint64 310000>"),
        Step.Set("Timeout", "320000.0"),
        Step.Set("Timeout", "330000.7"),
        Step.Set("Timeout", "int16 32000"),
        Step.Set("Timeout", "'x'").Fails(InvalidArguments, NamesOfErrors),
        Step.Set("Timeout", "int64 -5").Fails(InvalidArguments, NamesOfErrors),
        Step.Set("Timeout", "uint64 18446744073709551615").Fails(InvalidArguments, NamesOfErrors),
        Step.Set("Timeout", "uint32 300000"),
        Step.Set("ExtendedTimeout", "byte 9"),
        Step.Set("ExtendedTimeout", "int64 900000"),
        Step.Set("ApprovalDelay", "5"),
        Step.Set("ApprovalDelay", "-5").Fails(InvalidArguments, NamesOfErrors),
        Step.Set("ApprovalDelay", "0"),
        Step.Set("ApprovalDuration", "int64 2500"),
        new(Foo, BusPeer.Properties, "Set", $"('{BusPeer.OldClientInterface}', 'Timeout', <310000>)"),
        new(Foo, null, "Set", $"('{BusPeer.ClientInterface}', 'Timeout', <300000>)"),
        new Step(Foo, BusPeer.Properties, "Set", "('', 'Timeout', <5>)").Fails(UnknownInterface, NamesOfErrors),
        new Step(Foo, BusPeer.Properties, "Set", "('no.such', 'Timeout', <5>)").Fails(UnknownInterface, NamesOfErrors),

        // Booleans.
        Step.Set("ApprovedByDefault", "0"),
        Step.Set("ApprovedByDefault", "''"),
        Step.Set("ApprovedByDefault", "'no'"),
        Step.Set("ApprovedByDefault", "false"),
        Step.Set("ApprovedByDefault", "<true>"),
        Step.Set("ApprovedByDefault", "0.0"),
        Step.Set("ApprovedByDefault", "uint64 1"),

        // Strings.
        Step.Set("Host", "'umläut'"),
        Step.Set("Host", "'umläut'"),
        Step.Set("Host", "5"),
        Step.Set("Host", "objectpath '/x'"),
        Step.Set("Host", "<'nested'>"),
        Step.Set("Host", "true"),
        Step.Set("Host", "2.5"),
        Step.Set("Host", "['a', 'b']").Fails(InvalidArguments, NoGuessing),
        Step.Set("Host", "''"),
        Step.Set("Checker", "'false # %%'"),
        Step.Set("Checker", "'true'"),

        // The rest of the properties.
        Step.Set("LastCheckedOK", "''"),
        Step.Set("LastCheckedOK", "5"),
        Step.Set("Secret", "b'new'"),
        Step.Set("Secret", "[byte 1, 2, 3]"),
        Step.Set("Secret", "'text'").Fails(InvalidArguments, NamesOfErrors),
        Step.Set("Name", "'x'").Fails(ReadOnly, NamesOfErrors),
        Step.Set("KeyID", "'x'").Fails(ReadOnly, NamesOfErrors),
        Step.Set("Created", "'x'").Fails(ReadOnly, NamesOfErrors),
        Step.Set("Expires", "'x'").Fails(ReadOnly, NamesOfErrors),
        Step.Set("ObjectPath", "'x'").Fails(ReadOnly, NamesOfErrors),
        Step.Set("Nonsense", "'x'").Fails(UnknownProperty, NamesOfErrors),

        // Methods of a client.
        Step.Client("Approve", "(true,)"),
        Step.Client("Approve", "(<true>,)"),
        Step.Client("Approve", "(false,)"),
        Step.Client("Approve", "(5,)").Fails(InvalidArguments, NoGuessing),
        Step.Client("Approve", "('x',)").Fails(InvalidArguments, NoGuessing),
        Step.Client("Approve").Fails(InvalidArguments, NamesOfErrors),
        Step.Client("Approve", "(true, false)").Fails(InvalidArguments, NamesOfErrors),
        Step.Client("CheckedOK"),
        Step.Client("CheckedOK", "(5,)").Fails(InvalidArguments, NamesOfErrors),
        new(Foo, null, "CheckedOK"),
        new(Foo, BusPeer.OldClientInterface, "CheckedOK"),
        new(Foo, BusPeer.OldClientInterface, "CheckedOK") { Destination = BusPeer.OldServer },
        new(Foo, BusPeer.ServerInterface, "CheckedOK"),
        new(Foo, "no.such", "CheckedOK"),
        Step.Client("NoSuch"),
        new(Foo, null, "NoSuch"),
        new("/clients/none", BusPeer.ClientInterface, "CheckedOK"),
        Step.Client("Disable"),
        Step.Client("Disable"),
        Step.Client("CheckedOK"),
        Step.Set("Timeout", "250000"),
        Step.Set("Interval", "int64 1000000000"),
        Step.Client("Enable"),
        Step.Client("Enable"),
        Step.Set("Enabled", "''"),
        Step.Set("Enabled", "0"),
        Step.Set("Enabled", "'x'"),

        // Checkers.
        Step.Client("StartChecker") with { Until = CheckerEnd },
        new(Foo, null, "StartChecker") { Until = CheckerEnd },
        Step.Set("Interval", "int64 1100000000") with { Until = CheckerEnd },
        Step.Set("Checker", "'sleep 1000'"),
        Step.Client("StartChecker"),
        Step.Client("StartChecker"),
        Step.Get("CheckerRunning"),
        Step.Client("StopChecker"),
        Step.Client("StopChecker"),
        Step.Set("CheckerRunning", "true"),
        Step.Set("CheckerRunning", "false"),
        Step.Client("StartChecker"),
        Step.Client("Disable"),
        Step.Set("Checker", "'exit 7'"),
        Step.Set("CheckerRunning", "1") with { Until = CheckerEnd },
        Step.Client("CheckedOK"),
        Step.Set("Enabled", "true"),
        Step.Client("StartChecker") with { Until = CheckerEnd },
        Step.Set("Checker", "'kill -9 $$'"),
        Step.Client("StartChecker") with { Until = CheckerEnd },
        new(Foo, null, "GetAll", "('',)"),

        // Peers, and members that do not exist.
        new("/", Peer, "Ping"),
        new("/none", Peer, "Ping"),
        new("/clients", Peer, "GetMachineId"),
        new("/clients", BusPeer.ServerInterface, "GetAllClients"),
        new Step("/", BusPeer.Properties, "GetAll", $"('{BusPeer.ServerInterface}',)").Gives("({})", MoreOnServer),
        Step.Server("NoSuch"),

        // Removing.
        Step.Server("RemoveClient", "(objectpath '/clients/none',)").Fails(UnknownObject, NamesOfErrors),
        Step.Server("RemoveClient").Fails(InvalidArguments, NamesOfErrors),
        Step.Server("RemoveClient", "(5,)").Fails(InvalidArguments, NamesOfErrors),
        Step.Server("RemoveClient", $"(objectpath '{Foo}',)"),
        new(Foo, BusPeer.ClientInterface, "CheckedOK"),
        new("/", BusPeer.OldServerInterface, "RemoveClient", $"(objectpath '{Old}',)") { Destination = BusPeer.OldServer },
        new("/", Introspectable, "Introspect"),
        new("/clients", Introspectable, "Introspect"),
        Step.Server("GetAllClients"),
        Step.Server("GetAllClientsWithProperties"),
        Step.Server("GetManagedObjects") with { Interface = null },
    ];

    [Fact]
    public async Task Script_OnBothServers_HasSameOutcome()
    {
        var stock = PlayAsync(stock: true);
        var ours = await PlayAsync(stock: false);
        var expected = await stock;

        List<string> problems = [];
        foreach (var (step, i) in _script.Select((step, i) => (step, i)))
        {
            if (step.Reason is null && !expected[i].SequenceEqual(ours[i]))
            {
                problems.Add(Describe(step, "differs from Debian's", expected[i], ours[i]));
            }
            else if (step.Reason is not null && !ours[i].SequenceEqual([step.Outcome!]))
            {
                problems.Add(Describe(step, $"is not what is meant ({step.Reason})", [step.Outcome!], ours[i]));
            }
            else if (step.Reason is not null && expected[i].SequenceEqual(ours[i]))
            {
                problems.Add(Describe(step, "is meant to differ, but does not", expected[i], ours[i]));
            }
        }

        Assert.True(problems.Count == 0, $"{problems.Count} of {_script.Length} steps:\n\n{string.Join('\n', problems)}");
    }

    // Only the lines that differ, if it is not their order alone.
    private static string Describe(Step step, string what, IReadOnlyList<string> expected, IReadOnlyList<string> ours)
    {
        var (missing, added) = (expected.Except(ours).ToList(), ours.Except(expected).ToList());
        if (missing.Count + added.Count == 0)
        {
            (missing, added) = ([.. expected], [.. ours]);
        }

        return string.Join("\n    ", [$"{step} {what}; expected:", .. missing, "ours:", .. added, ""]);
    }

    private static async Task<List<IReadOnlyList<string>>> PlayAsync(bool stock)
    {
        await using var scene = await ServerOnBus.StartAsync(stock, _clients);
        List<IReadOnlyList<string>> outcomes = [];
        foreach (var step in _script)
        {
            var before = scene.Peer.Signals.Count;
            var reply = await scene.Peer.CallAsync(step.Path, step.Interface, step.Member, step.Arguments, step.Destination);
            var signals = reply.Signals;
            if (step.Until is { } end)
            {
                await Patience.UntilAsync($"{step}: {end}", () => Since().Contains(end, StringComparison.Ordinal));
                signals = [.. scene.Peer.Signals.Skip(before)];
            }

            outcomes.Add([.. signals.Select(signal => Normalise(signal.ToString())), .. Outcome(step, reply)]);
            string Since() => string.Join("\n", scene.Peer.Signals.Skip(before));
        }

        return outcomes;
    }

    private static IEnumerable<string> Outcome(Step step, BusReply reply)
    {
        if (reply.Error is not null)
        {
            return [$"= {reply.Error}"];
        }

        return step.Member == "Introspect" ? Introspection.CommonFacts(reply.Body) : [$"= {Normalise(reply.Body)}"];
    }

    // Ours has one interface more on each client, for the settings that Debian's does not have
    private static string Normalise(string text) => Introspection.WithoutExtension(Time().Replace(text, "TIME"));

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?")]
    private static partial Regex Time();

    /// <summary>A call, and its expected outcome.</summary>
    private sealed record Step(string Path, string? Interface, string Member, string Arguments = "()")
    {
        public string Destination { get; init; } = BusPeer.Server;

        /// <summary>Part of the signal with which it is over; null if it is over with the answer.</summary>
        public string? Until { get; init; }

        /// <summary>Why ours differs; null if it does not.</summary>
        public string? Reason { get; private init; }

        /// <summary>What ours does then.</summary>
        public string? Outcome { get; private init; }

        public static Step Get(string property)
            => new(Foo, BusPeer.Properties, "Get", $"('{BusPeer.ClientInterface}', '{property}')");

        public static Step Set(string property, string value)
            => new(Foo, BusPeer.Properties, "Set", $"('{BusPeer.ClientInterface}', '{property}', <{value}>)");

        public static Step Client(string method, string arguments = "()") => new(Foo, BusPeer.ClientInterface, method, arguments);

        public static Step Server(string method, string arguments = "()") => new("/", BusPeer.ServerInterface, method, arguments);

        public Step Fails(string error, string reason) => this with { Reason = reason, Outcome = $"= {error}" };

        public Step Gives(string body, string reason) => this with { Reason = reason, Outcome = $"= {body}" };

        public override string ToString() => $"{Destination} {Path} {Interface}.{Member}{Arguments}";
    }
}
