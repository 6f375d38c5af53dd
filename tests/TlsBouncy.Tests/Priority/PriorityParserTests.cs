using System.Text.RegularExpressions;
using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Priority;

namespace TlsBouncy.Tests.Priority;

/// <summary>The parser against GnuTLS itself.</summary>
public sealed partial class PriorityParserTests
{
    private const int Strings = 20_000;

    /// <summary>Those that GnuTLS lists and the parser drops: nobody can authenticate by them in the way of Mandos.</summary>
    private static readonly string[] _foreign = ["_PSK_", "_ANON_", "_SRP_", "_GOSTR"];

    /// <summary>Debian 13's GnuTLS is built without SRP.</summary>
    public static TheoryData<string> Missing =>
    [
        "", ":-GROUP-ALL", ":-GROUP-ALL:-VERS-TLS1.2", ":-GROUP-ALL:-VERS-TLS1.3", ":-GROUP-ALL:+GROUP-GC256A", ":-GROUP-ALL:+PSK",
        ":-GROUP-ALL:+NULL", .. GnutlsPriority.Known([":-GROUP-ALL:+SRP"]), ":-GROUP-ALL:%NO_EXTENSIONS", ":+NULL", ":-VERS-TLS1.2",
        ":-VERS-TLS1.2:-GROUP-ALL:-VERS-DTLS-ALL",
    ];

    [Fact]
    public void Parse_RandomStrings_GivesTheListsOfGnutls()
    {
        int seed = Random.Shared.Next();
        RandomPriority random = new(seed);
        int compared = 0;
        int malformed = 0;
        for (int i = 0; i < Strings; i++)
        {
            string text = random.Next();
            GnutlsPriority expected = GnutlsPriority.Parse(text);
            int? offset = null;
            PrioritySettings? actual = null;
            PrioritySettings? read;
            try
            {
                read = actual = PriorityParser.Parse(text);
            }
            catch (PriorityStringException e)
            {
                offset = e.Offset;
                read = offset > 0 ? PriorityParser.Parse(text[..(e.Offset - 1)]) : null;
            }

            // GnuTLS ends at the first word that it does not know.
            if (read?.Unknown is [var unknown, ..])
            {
                offset = unknown.Offset;
                actual = null;
            }

            string where = $"seed {seed}, string {i}: “{text}”";
            Assert.True(expected.ErrorOffset == offset, $"{where}: error at {offset}, GnuTLS's at {expected.ErrorOffset}");
            if (actual is null)
            {
                malformed++;
            }
            else if (!expected.IsInsufficient)
            {
                Same(expected, actual, where);
                compared++;
            }
        }

        Assert.True(compared > Strings / 2, $"only {compared} strings were compared");
        Assert.True(malformed > Strings / 20, $"only {malformed} strings were malformed");
    }

    /// <summary>Which version goes when depends on the order in which GnuTLS looks at what is missing.</summary>
    [Theory]
    [MemberData(nameof(Missing))]
    public void Parse_SomethingMissing_GivesTheListsOfGnutls(string rest)
    {
        foreach (string signature in (string[])["ECDSA-SECP521R1-SHA512", "ECDSA-SHA512", "RSA-SHA256", "DSA-SHA1", "RSA-MD5"])
        {
            string text = $"NORMAL:-SIGN-ALL:+SIGN-{signature}{rest}";

            Same(GnutlsPriority.Parse(text), PriorityParser.Parse(text), text);
        }
    }

    /// <summary>The words of the random strings are ours: this shows that none is missing there.</summary>
    [Fact]
    public void Parse_EachNameInTheLibraryOfGnutls_IsTakenIfGnutlsTakesIt()
    {
        List<string> different = [];
        int taken = 0;
        foreach (string name in GnutlsPriority.NamesWithin())
        {
            foreach (string prefix in (string[])["", "+", "+VERS-", "+GROUP-", "+CURVE-", "+SIGN-", "+CTYPE-", "+CTYPE-SRV-", "%", "%PROFILE_"])
            {
                string text = $"NORMAL:{prefix}{name}";
                bool isKnown = GnutlsPriority.Parse(text).ErrorOffset is null;
                bool isTaken = IsTaken(text);
                taken += isTaken ? 1 : 0;
                if (isTaken != isKnown && !(isKnown && Lax().IsMatch(prefix + name)))
                {
                    different.Add(text);
                }
            }
        }

        Assert.Empty(different);
        Assert.True(taken > 200, $"only {taken} words were found");
    }

    [Fact]
    public async Task Parse_StringsOfLevels_GivesTheSuitesOfGnutlsCli()
    {
        foreach (string level in PriorityLevel.All.Keys)
        {
            string text = $"{level}:+3DES-CBC:-GROUP-DH-ALL:+SHA256";
            string output = await GnutlsServer.RunAsync(
                "gnutls-cli", ["--list", "--priority", text], "");
            string[] lines = output.Split('\n');
            PrioritySettings settings = PriorityParser.Parse(text);

            Assert.Equal(lines.Where(line => line.StartsWith("TLS_", StringComparison.Ordinal)).Select(line => line.Split(' ', '\t')[0]),
                CipherSuites.Of(settings).Select(suite => suite.Name));
            Assert.Contains("Protocols: " + string.Join(", ", settings.Versions.Select(name => "VERS-" + name)), lines);
            Assert.Contains("Groups: " + string.Join(", ", settings.Groups.Select(name => "GROUP-" + name)), lines);
            Assert.Contains("PK-signatures: " + string.Join(", ", settings.Signatures.Select(name => "SIGN-" + name)), lines);
        }
    }

    /// <summary>GnuTLS counts without the spaces before, and from 0 if the string begins with one. An editor does not.</summary>
    [Theory]
    [InlineData("NORMAL: +AES-128-GCM:FOO", 21)]
    [InlineData(" NORMAL:FOO", 8)]
    [InlineData("NORMAL: FOO", 8)]
    public void Parse_ErrorAfterSpaces_GivesTheOffsetInTheStringAsItIsWritten(string text, int offset)
        => Assert.Equal(offset, Assert.Throws<PriorityStringException>(() => PriorityParser.Parse(text)).Offset);

    [Theory]
    [InlineData("NORMAL:", "offset 7: “” is empty", "SECURE256")]
    [InlineData("NORMAL:-SECURE256", "levels can only be added", "-SECURE256")]
    [InlineData("NORMAL:NONE", "offset 7: “NONE” is unknown", "NONE at the beginning")]
    [InlineData("@SYSTEM", "offset 0: “@SYSTEM” is a name from GnuTLS's system-wide configuration", "write what it stands for")]
    [InlineData("NORMAL:%", "offset 7: “%” is not complete", "")]
    [InlineData("NORMAL:!", "offset 7: “!” is not complete", "")]
    [InlineData("NORMAL:+NONE", "offset 7: “+NONE” is not possible", "NONE can only begin a string")]
    public void Parse_Error_SaysWhereAndWhatIsAllowedThere(string text, string problem, string allowed)
    {
        string message = Assert.Throws<PriorityStringException>(() => PriorityParser.Parse(text)).Message;

        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains(allowed, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    /// <summary>A newer GnuTLS may know these, and so may a string that was made for it.</summary>
    [Theory]
    [InlineData("+VERS-TLS1.4")]
    [InlineData("-GROUP-X")]
    [InlineData("!SIGN-X")]
    [InlineData("+CURVE-FFDHE2048")]
    [InlineData("+CTYPE-SRV-OPENPGP")]
    [InlineData("+AES")]
    [InlineData("%profile_low")]
    [InlineData("%PROFILE_X")]
    [InlineData("%NO_SUCH_OPTION")]
    [InlineData("+\u00e9")]
    public void Parse_UnknownWordWithSign_ChangesNothingAndIsNamed(string word)
    {
        PrioritySettings with = PriorityParser.Parse($"NORMAL:{word}:+AES-128-CCM-8");
        PrioritySettings without = PriorityParser.Parse("NORMAL:+AES-128-CCM-8");

        Assert.Equal([(word, 7)], with.Unknown);
        foreach (Func<PrioritySettings, IEnumerable<string>> list in (Func<PrioritySettings, IEnumerable<string>>[])
            [p => p.Versions, p => p.Ciphers, p => p.Macs, p => p.KeyExchanges, p => p.Groups, p => p.Signatures, p => p.Options,
                p => p.NamedGroups, p => p.ClientCertificateTypes, p => p.ServerCertificateTypes])
        {
            Assert.Equal(list(without), list(with));
        }

        Assert.Equal(without.MinDhBits, with.MinDhBits);
    }

    /// <summary>Words of GnuTLS 3.8.9 and 3.8.13, with those of builds with ML-KEM.</summary>
    [Theory]
    [InlineData("%NO_SHUFFLE_EXTENSIONS")]
    [InlineData("%NO_STATUS_REQUEST")]
    [InlineData("%FORCE_SESSION_HASH")]
    [InlineData("+SIGN-ML-DSA-44")]
    [InlineData("+SIGN-ML-DSA-65")]
    [InlineData("-SIGN-ML-DSA-87")]
    [InlineData("+AES-128-SIV-GCM")]
    [InlineData("+AES-256-SIV-GCM")]
    [InlineData("+AES-128-CFB")]
    [InlineData("+AES-192-CFB")]
    [InlineData("+AES-256-CFB")]
    [InlineData("+PBMAC1")]
    [InlineData("+GROUP-X25519-MLKEM768")]
    [InlineData("-GROUP-SECP256R1-MLKEM768")]
    [InlineData("!GROUP-SECP384R1-MLKEM1024")]
    public void Parse_WordOfNewerGnutls_IsKnown(string word)
        => Assert.Empty(PriorityParser.Parse($"{PriorityString.Default}:{word}").Unknown);

    [Fact]
    public void Parse_MoreThanTheLimit_IsRefusedUnread()
        => Assert.Throws<PriorityStringException>(() => PriorityParser.Parse(string.Join(':', Enumerable.Repeat("NORMAL", 10_000))));

    /// <summary>What GnuTLS takes and we do not, see docs/priority-strings.md.</summary>
    [GeneratedRegex(
        @"^\+(MAC-|CIPHER-|KX-|GOST|CURVE-(CryptoPro|TC26|Ed)|CTYPE-OPENPGP|(VERS|GROUP|CURVE|SIGN|CTYPE)-(SRV-)?ALL)", RegexOptions.IgnoreCase)]
    private static partial Regex Lax();

    private static bool IsTaken(string text)
    {
        try
        {
            return PriorityParser.Parse(text).Unknown.Count == 0;
        }
        catch (PriorityStringException)
        {
            return false;
        }
    }

    private static void Same(GnutlsPriority expected, PrioritySettings actual, string where)
    {
        Same(expected.Versions, actual.Versions, "versions", where);
        Same(expected.Ciphers, actual.Ciphers, "ciphers", where);
        Same(expected.Macs, actual.Macs, "MACs", where);
        Same(expected.KeyExchanges, actual.KeyExchanges, "key exchanges", where);
        Same(expected.Groups, actual.Groups, "groups", where);
        Same(expected.Signatures, actual.Signatures, "signatures", where);
        Same(expected.ClientCertificateTypes, actual.ClientCertificateTypes.Where(type => type != "OPENPGP"), "client certificate types", where);
        Same(expected.ServerCertificateTypes, actual.ServerCertificateTypes.Where(type => type != "OPENPGP"), "server certificate types", where);

        // Where DTLS goes further than TLS, GnuTLS also lists what only DTLS could use.
        if (actual.Versions.Exists(version => version is "TLS1.3" or "TLS1.2")
            || !actual.Versions.Exists(version => version.StartsWith('D')))
        {
            Same(
                expected.CipherSuites.Where(name => !_foreign.Any(name.Contains)),
                CipherSuites.Of(actual).Select(suite => suite.Name),
                "cipher suites",
                where);
        }
    }

    private static void Same(IEnumerable<string> expected, IEnumerable<string> actual, string what, string where)
        => Assert.True(
            expected.SequenceEqual(actual),
            $"{where}: {what} are {string.Join(", ", actual)}, GnuTLS's {string.Join(", ", expected)}");
}
