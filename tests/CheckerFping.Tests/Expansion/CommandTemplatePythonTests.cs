using System.Diagnostics;
using System.Text.Json;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerFping.Expansion;
using Mandos.TestKit;

namespace CheckerFping.Tests.Expansion;

/// <summary>Python itself expands the same random templates with the same values.</summary>
public sealed class CommandTemplatePythonTests
{
    private const int Cases = 6000;

    // Where we deliberately fail and Python would not: the whole dictionary as a value ("%s"), c (which takes texts of one
    // character), quotes broken by r, a or a precision, a number beyond what exec can take, NUL. The peer fails there too.
    private const string Peer = """
        import datetime, json, re, shlex, sys

        LIMIT = 131071

        class Word(str):
            def __repr__(self):
                if str(self).startswith("'"):
                    raise ValueError("would break the quotes")
                return super().__repr__()

        class Values(dict):
            def __repr__(self):
                raise ValueError("the whole dictionary")

        def text(value):
            kind, value = value
            if kind == "time":
                return str(datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=value))
            if kind == "duration":
                return str(datetime.timedelta(microseconds=value))
            if kind == "path":
                return "/clients/" + ("".join(
                    "_" if c in ".-" else c if re.fullmatch("[A-Za-z0-9_]", c) else "".join("_%02x" % b for b in c.encode()) for c in value) or "_")
            return str(value)

        PLACE = re.compile(r"%%|%\(([^()]*)\)[-+ #0]*([0-9]*)(?:(\.)([0-9]*))?[hlL]?([srac])")

        def expand(template, values):
            for place in PLACE.finditer(template):
                name, width, point, precision, conversion = place.groups()
                if name is None:
                    continue
                if conversion == "c":
                    raise ValueError("of no use")
                if int(width or 0) > LIMIT or int(precision or 0) > LIMIT:
                    raise ValueError("too long")
                word = values[name] if conversion == "s" else repr(values[name])
                if point and int(precision or 0) < len(word) and word.startswith("'"):
                    raise ValueError("would cut the quotes")
            result = template % values
            if "\0" in result or len(result.encode()) > LIMIT:
                raise ValueError("not for exec")
            return result

        for line in sys.stdin:
            case = json.loads(line)
            values = Values((name, Word(shlex.quote(text(value)))) for name, value in case["values"].items())
            try:
                print(json.dumps(expand(case["template"], values)))
            except Exception:
                print("null")
        """;

    private static readonly string[] _names =
    [
        "approval_delay", "approval_duration", "created", "enabled", "expires", "key_id", "fingerprint", "host", "interval",
        "last_approval_request", "last_checked_ok", "last_enabled", "name", "timeout", "dbus_object_path",
    ];

    private static readonly string[] _text =
        ["fping -q -- ", "%%", "é", "\U0001F511", "'", "\"", "$(x)", "\n", " ", "s", "(", ")", "0", "%%(host)s", "\\"];

    private static readonly string[] _hostile =
    [
        "it's", "a b", "$(x)", "`x`", "\n", "é", "\U0001F511", "\\", "\"", "-", "a", "b1", "%s", "%(name)s",
        "~", "*", "\t", ";", "\u200b",
    ];

    private static readonly string[] _malformed =
        ["", "s", "r", "d", "(", "(host", "5%", "-%", "*s", ".2s", "l%", "#", "()s", "((host))s", "(HOST)s", "( host)s"];

    private static readonly string[] _malformedEnds =
        ["", "d", "c", "x", "f", "i", "%", "q", "*s", ".*s", ".-3s", "lls", "(host)s", "5", ".", "l", "²s"];

    [Fact]
    public async Task Expand_RandomTemplates_AsPython()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        List<ClientSnapshot> clients = [.. Enumerable.Range(0, Cases).Select(_ => RandomClient(random))];

        List<string?> expected = await PythonAsync(clients);

        int expanded = 0;
        for (int i = 0; i < Cases; i++)
        {
            string? ours;
            try
            {
                ours = CommandTemplate.Expand(clients[i]);
                expanded++;
            }
            catch (CheckPreparationException)
            {
                ours = null;
            }

            Assert.True(
                ours == expected[i],
                $"seed {seed}, case {i}: {JsonSerializer.Serialize(clients[i])}\n"
                + $"Python: {expected[i] ?? "error"}\nours:   {ours ?? "error"}");
        }

        // Neither errors nor successes may be a rarity, or the test shows little.
        Assert.InRange(expanded, Cases / 5, Cases * 4 / 5);
    }

    private static ClientSnapshot RandomClient(Random random) => new()
    {
        Name = Hostile(random),
        Settings = new()
        {
            Checker = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => Piece(random))),
            Host = Hostile(random),
            KeyId = random.Next(3) == 0 ? null : "0123456789ABCDEF",
            Fingerprint = random.Next(3) == 0 ? null : "FEDCBA",
            Interval = Duration(random),
            Timeout = Duration(random),
            ApprovalDelay = Duration(random),
            ApprovalDuration = Duration(random),
        },
        Created = Time(random),
        Enabled = random.Next(2) == 0,
        LastEnabled = TimeOrNone(random),
        Expires = TimeOrNone(random),
        LastCheckedOk = TimeOrNone(random),
        LastApprovalRequest = TimeOrNone(random),
    };

    private static string Piece(Random random)
    {
        string name = Pick(random, _names);
        return random.Next(12) switch
        {
            0 => "%" + Pick(random, _malformed),
            1 => $"%({name}){Pick(random, _malformedEnds)}",
            2 => $"%({name}){Pick(random, "131071s", "131072s", ".131072s", "99999999999999999999s")}",
            < 7 => $"%({name})s",
            < 10 => $"%({name}){Flags(random)}{Size(random)}{(random.Next(3) == 0 ? "." + Size(random) : "")}"
                + $"{Pick(random, "", "", "", "h", "l", "L")}{Pick(random, "s", "s", "s", "r", "a")}",
            _ => Pick(random, _text),
        };
    }

    private static string Flags(Random random)
        => string.Concat(Enumerable.Range(0, random.Next(3)).Select(_ => Pick(random, "-", "+", " ", "#", "0")));

    private static string Size(Random random) => Pick(random, "", "0", "1", "3", "9", "030", "200");

    private static string Hostile(Random random)
        => random.Next(100) == 0 ? "\0" : string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Pick(random, _hostile)));

    private static TimeSpan Duration(Random random)
        => TimeSpan.FromSeconds(random.NextInt64(random.Next(2) == 0 ? 10 : 10_000_000)) + Fraction(random);

    private static DateTimeOffset Time(Random random)
        => DateTimeOffset.UnixEpoch.AddSeconds(random.NextInt64(4_000_000_000)) + Fraction(random);

    private static TimeSpan Fraction(Random random)
        => TimeSpan.FromMicroseconds(random.Next(2) == 0 ? 0 : random.Next(1_000_000));

    private static DateTimeOffset? TimeOrNone(Random random) => random.Next(3) == 0 ? null : Time(random);

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];

    private static async Task<List<string?>> PythonAsync(List<ClientSnapshot> clients)
    {
        using TemporaryDirectory directory = new();
        await File.WriteAllTextAsync(directory.PathOf("peer.py"), Peer, Checks.TestEnds);
        ProcessStartInfo start = new("python3", [directory.PathOf("peer.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process python = Process.Start(start)!;
        Task<string> output = python.StandardOutput.ReadToEndAsync(Checks.TestEnds);
        foreach (ClientSnapshot client in clients)
        {
            string line = JsonSerializer.Serialize(new { template = client.Settings.Checker, values = ValuesFor(client) });
            await python.StandardInput.WriteLineAsync(line.AsMemory(), Checks.TestEnds);
        }

        python.StandardInput.Close();
        string[] lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await python.WaitForExitAsync(Checks.TestEnds);
        Assert.Equal(0, python.ExitCode);
        Assert.Equal(clients.Count, lines.Length);
        return [.. lines.Select(line => JsonSerializer.Deserialize<string?>(line))];
    }

    private static Dictionary<string, object?[]> ValuesFor(ClientSnapshot client) => new()
    {
        ["approval_delay"] = Sent(client.Settings.ApprovalDelay),
        ["approval_duration"] = Sent(client.Settings.ApprovalDuration),
        ["created"] = Sent(client.Created),
        ["enabled"] = ["bool", client.Enabled],
        ["expires"] = Sent(client.Expires),
        ["key_id"] = ["text", client.Settings.KeyId ?? ""],
        ["fingerprint"] = ["text", client.Settings.Fingerprint ?? ""],
        ["host"] = ["text", client.Settings.Host],
        ["interval"] = Sent(client.Settings.Interval),
        ["last_approval_request"] = Sent(client.LastApprovalRequest),
        ["last_checked_ok"] = Sent(client.LastCheckedOk),
        ["last_enabled"] = Sent(client.LastEnabled),
        ["name"] = ["text", client.Name],
        ["timeout"] = Sent(client.Settings.Timeout),
        ["dbus_object_path"] = ["path", client.Name],
    };

    private static object?[] Sent(TimeSpan duration) => ["duration", duration.Ticks / TimeSpan.TicksPerMicrosecond];

    private static object?[] Sent(DateTimeOffset? time)
        => time is { } some ? ["time", (some - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond] : ["text", null];
}
