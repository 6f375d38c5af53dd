using System.Diagnostics;
using System.Text;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Migration;

/// <summary>What a client's section is to mean to our server.</summary>
internal enum Meaning
{
    /// <summary>What it means to Debian's.</summary>
    Same,

    /// <summary>The client gets its secret, where Debian's server does not find it.</summary>
    OursServes,

    /// <summary>The client is refused, where Debian's server gives it the secret.</summary>
    OursRefuses,

    /// <summary>It stops Debian's server. Ours leaves the client out.</summary>
    Mistake,
}

/// <summary>A client as people write it into clients.conf.</summary>
/// <param name="Machine">The machine that asks.</param>
/// <param name="Text">Its section.</param>
/// <param name="Meaning">What that is to mean.</param>
internal sealed record SloppyClient(TestClient Machine, string Text, Meaning Meaning);

/// <summary>Makes clients of all the kinds that Debian's server takes, and of some that it does not.</summary>
/// <param name="random">Where chance comes from.</param>
/// <param name="directory">Where to put files with secrets.</param>
internal sealed class SloppyClients(Random random, string directory)
{
    private static readonly string[] _yes = ["1", "yes", "True", "on", "TRUE", "oN"];
    private static readonly string[] _no = ["0", "no", "False", "off", "OFF"];

    private static readonly string[] _durations =
    [
        "PT5M", "P1D", "P2W", "P1M2DT3H4M5S", "5m", "1h 30m", "1d", "+5m", "10m -5s", "1_0m", "\u0665m", "  7m  ", "5m\n\t30s", "PT0H10M",
    ];

    private static readonly string[] _oddDurations = ["-5m", "-1s", "", "0s", "PT0S", "P0D"];

    private static readonly string[] _fingerprints =
        ["N/A", "none", "", "-", "0000000000000000000000000000000000000000", "00:11", "unknown (new client)", "x\n  y", "7788"];

    private static readonly string[] _names = ["host", "web server", "\u00fcml\u00e4ut", "a.b-c", "[x]", "a:b", "50%", "DEFAULT2", "#1", "key_id"];

    private static readonly bool _passesOverChecksum = PassesOverChecksum();

    private int _count;

    /// <summary>A client that Debian's server takes.</summary>
    public SloppyClient Next()
    {
        TestClient machine = new($"{Pick(_names)}{_count++}");
        byte[] secret = machine.Secret;
        List<string> options = [];
        Meaning meaning = Meaning.Same;
        string keyId = Chance(3) ? machine.Key.KeyId.ToLowerInvariant() : machine.Key.KeyId;
        if (Chance(4))
        {
            keyId = string.Join(' ', keyId.Chunk(random.Next(1, 20)).Select(part => new string(part)));
        }

        if (Chance(8))
        {
            (keyId, meaning) = (Chance(2) ? string.Join(':', keyId.Chunk(2).Select(part => new string(part))) : $"{Pick("0x", "0X", "SHA256:")}{keyId}", Meaning.OursServes);
        }

        bool endsAtFirstCheck = false;
        options.Add(Option("key_id", keyId));
        options.Add(Option("fingerprint", Chance(3) ? RandomHex(20) : Pick(_fingerprints)));
        foreach (string name in new[] { "timeout", "extended_timeout", "approval_duration" }.Where(_ => Chance(3)))
        {
            // With a negative extended_timeout Debian's server fails while it gives the secret
            bool isOdd = Chance(3) && name != "extended_timeout";
            options.Add(Option(name, Pick(isOdd ? _oddDurations : _durations)));
            endsAtFirstCheck |= isOdd && name == "timeout";
        }

        if (endsAtFirstCheck)
        {
            // Debian's server makes the first check at any time within the interval; after it this client gets nothing
            options.Add(Option("interval", Pick("P1D", "P2W")));
        }
        else if (Chance(3))
        {
            options.Add(Option("interval", Pick("PT5M", "P1D", "P2W", "1h 30m", "+5m", "10m -5s", "1_0m")));
        }

        bool isOff = Chance(6);
        if (isOff || Chance(3))
        {
            options.Add(Option("enabled", isOff ? Pick(_no) : Pick(_yes)));
        }

        if (meaning == Meaning.Same)
        {
            meaning = AddApproval(options, isOff);
        }

        if (Chance(3))
        {
            options.Add(Option("host", Pick("h.example", "%(key_id)s", "100%%", "a\n  b", "", "\u00e9.example", "; no comment")));
        }

        if (Chance(4))
        {
            options.Add(Option(Pick("comment", "Owner", "x y"), Pick("anything = goes", "%(host)s", "a: b", "50%%")));
        }

        // A sloppy secret that ours alone gives out has nothing to be compared with
        options.Add(meaning == Meaning.OursServes ? Option("secret", Convert.ToBase64String(secret)) : SecretOption(secret));
        return new(machine, Section(machine.Name, options), meaning);
    }

    /// <summary>A client that stops Debian's server.</summary>
    public SloppyClient NextMistake()
    {
        TestClient machine = new($"mistake{_count++}");
        string key = $"key_id = {machine.Key.KeyId}";
        string fingerprint = $"fingerprint = {RandomHex(20)}";
        string secret = $"secret = {Convert.ToBase64String(machine.Secret)}";
        List<string> options = random.Next(12) switch
        {
            0 => [key, fingerprint, secret, $"timeout = {Pick("x", "5", "1.5h", "PT1H5S", "5 minutes", "pt5m")}"],
            1 => [key, fingerprint, secret, $"{Pick("enabled", "approved_by_default")} = {Pick("maybe", "", "2", "ja")}"],
            2 => [key, fingerprint, secret[..^1]],
            3 => [key, fingerprint, "secfile = /nonexistent"],
            4 => [key, fingerprint],
            5 => [key, fingerprint, secret, $"host = {Pick("100%", "%(nothing)s", "%x")}"],
            6 => [key, fingerprint, secret, "host = a", "Host = b"],
            7 => [key, fingerprint, secret, "this line means nothing"],
            8 => [key, fingerprint, secret, "host = h\uFFFF"], // becomes a byte that is not UTF-8
            9 => [key, fingerprint, secret, "enabled = False", $"[{machine.Name}]", $"key_id = {RandomHex(32)}", "fingerprint =", secret],
            10 => [secret],
            _ => [key, fingerprint, secret, "interval = -5m"],
        };
        return new(machine, Section(machine.Name, options), Meaning.Mistake);
    }

    private Meaning AddApproval(List<string> options, bool isOff)
    {
        bool isApproved = Chance(2);
        string? delay = Chance(2) ? null : Pick("0s", "PT1S", "1s", "PT0S", "", "-1s");
        if (delay is not null)
        {
            options.Add(Option("approval_delay", delay));
        }

        if (!isApproved && Chance(2))
        {
            options.Add(Option("approved_by_default", Pick(_no)));
            bool isSilent = delay is not ("PT1S" or "1s" or "-1s");
            return isSilent && !isOff ? Meaning.OursRefuses : Meaning.Same;
        }

        return Meaning.Same;
    }

    /// <summary>
    /// Whether Python passes over a checksum after complete padding. That of Debian 13 does not, and ends Debian's server.
    /// </summary>
    private static bool PassesOverChecksum()
    {
        using var python = Process.Start("python3", ["-c", "import base64; base64.decodebytes(b'YQ==\\n=Hgoj')"]);
        python.WaitForExit();
        return python.ExitCode == 0;
    }

    private string SecretOption(byte[] secret)
    {
        if (Chance(4))
        {
            string file = Path.Combine(directory, $"secret{_count}");
            File.WriteAllBytes(file, Chance(5) ? [] : secret);
            File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
            return Option("secfile", file);
        }

        string base64 = Convert.ToBase64String(secret);
        string lines = string.Join("\n  ", base64.Chunk(64).Select(line => new string(line)));
        string value = random.Next(12) switch
        {
            0 => base64,
            1 => $"\"{base64}\"",
            2 => $"'{base64}'",
            3 => lines.Replace("\n", "\\\n", StringComparison.Ordinal),
            4 when _passesOverChecksum => $"\n  {lines}\n  ={RandomChecksum()}",
            5 => $"{lines};",
            6 => $"\n\n  {lines}\n  ; a comment",
            7 => $"(base64) {lines}",
            8 => Sprinkle(base64, "\"\\,.-_*!$ \t"),
            9 => $"{base64.TrimEnd('=')[..^(base64.TrimEnd('=').Length % 4)]}\n  =njUN",
            10 => "",
            _ => $"\n  {lines}",
        };
        return Option("secret", value.Replace("%", "%%", StringComparison.Ordinal));
    }

    private string Sprinkle(string text, string among)
    {
        StringBuilder result = new(text);
        for (int i = 0; i < 10; i++)
        {
            result.Insert(random.Next(result.Length + 1), among[random.Next(among.Length)]);
        }

        return result.ToString();
    }

    private string Section(string name, IEnumerable<string> options)
        => string.Join('\n', [$"[{name}]", .. options.SelectMany(option => Chance(10) ? ["", "# a comment", option] : (string[])[option])]);

    private string Option(string name, string value)
        => $"{(Chance(4) ? name.ToUpperInvariant() : name)}{Pick(" = ", "=", ": ", " :\t", "= ")}{value}{(Chance(6) ? " \t" : "")}";

    private string RandomChecksum() => Convert.ToBase64String(RandomBytes(3));

    private string RandomHex(int bytes) => Convert.ToHexString(RandomBytes(bytes));

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private bool Chance(int among) => random.Next(among) == 0;

    private T Pick<T>(params T[] among) => among[random.Next(among.Length)];
}
