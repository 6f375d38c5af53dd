using Mandos.Host.Configuration;

namespace Mandos.Host.Tests.Configuration;

public sealed partial class ClientFileReaderTests
{
    [Fact]
    public void Read_ClientNamedTwice_NamesBothPlaces()
    {
        Write($"[foo]\nkey_id={KeyId}\nsecret={Secret}\n");
        string other = _directory.Write("clients.d/a.conf", $"\n[foo]\nkey_id={OtherKeyId}\nsecret={Secret}\n");
        AssertProblems($"{other}:2: section [foo] is defined twice, first at {Place(1)}");
    }

    [Fact]
    public void Read_EqualKeys_NamesBothPlaces()
    {
        Write($"""
            [foo]
            key_id={KeyId}
            secret={Secret}
            [bar]
            key_id={KeyId.ToLowerInvariant()}
            fingerprint={Fingerprint}
            secret={Secret}
            [baz]
            fingerprint={Fingerprint}
            secret={Secret}
            """);
        AssertProblems(
            $"{Place(5)}: key_id: is that of client [foo] too, at {Place(2)}; each client needs its own",
            $"{Place(9)}: fingerprint: is that of client [bar] too, at {Place(6)}; each client needs its own");
    }

    [Theory]
    [InlineData("key_id=12", "2: key_id: is not 64 hexadecimal digits but 2")]
    [InlineData("key_id=zz", "2: key_id: is not 64 hexadecimal digits")]
    [InlineData("key_id=" + KeyId + "0", "2: key_id: is not 64 hexadecimal digits but 65")]
    [InlineData("key_id=" + Fingerprint, "2: key_id: is not 64 hexadecimal digits but 40")]
    [InlineData("fingerprint=" + KeyId, "2: fingerprint: is not 40 hexadecimal digits but 64")]
    [InlineData(
        "key_id=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "2: key_id: is the key ID of an empty key, which no client has; take it from the client's mandos-keygen")]
    public void Read_BadKey_GivesOneClearLine(string line, string expected)
    {
        Write($"[foo]\n{line}\nsecret={Secret}\n");
        AssertProblems($"{_directory.FullName}/clients.conf:{expected}");
    }

    [Theory]
    [InlineData("secret = c2VzYW1", "3: secret: " + NoBase64)]
    [InlineData("", "1: client [foo] has neither secret nor secfile; it needs one")]
    [InlineData("secfile = /nonexistent/secret", "3: secfile: \"/nonexistent/secret\" cannot be read: no such file")]
    [InlineData("secfile = /etc", "3: secfile: \"/etc\" cannot be read: it is a directory")]
    [InlineData("secfile = /dev/zero", "3: secfile: \"/dev/zero\" cannot be read: it is a FIFO, a device or a socket; use a regular file")]
    [InlineData("secfile =", "3: secfile: an empty value is no file name")]
    [InlineData("secfile = a\0b", "3: secfile: \"a…\" is no file name")]
    public void Read_BadSecret_GivesOneClearLine(string line, string expected)
    {
        Write($"[foo]\nkey_id={KeyId}\n{line}\n");
        AssertProblems($"{_directory.FullName}/clients.conf:{expected}");
    }

    [Theory]
    [InlineData("interval = 0s", "interval: \"0s\" is not longer than zero")]
    [InlineData("interval =", "interval: an empty value is not longer than zero")]
    [InlineData("interval = 5", "interval: \"5\" " + NoDuration)]
    [InlineData("interval = -5m", "interval: \"-5m\" is not longer than zero")]
    [InlineData("approval_delay = x", "approval_delay: \"x\" " + NoDuration)]
    [InlineData("approval_duration = x", "approval_duration: \"x\" " + NoDuration)]
    [InlineData("approved_by_default = 2", "approved_by_default: \"2\" is no boolean; use 1, yes, true, on, 0, no, false or off")]
    [InlineData("enabled =", "enabled: an empty value is no boolean; use 1, yes, true, on, 0, no, false or off")]
    [InlineData("host = a\0b", "host: has a NUL character, which no value can have")]
    [InlineData("location = a\0b", "location: has a NUL character, which no value can have")]
    [InlineData("when_cut_off = Serve", "when_cut_off: \"Serve\" is not allowed: it must be refuse, hold or serve")]
    [InlineData("when_cut_off =", "when_cut_off: an empty value is not allowed: it must be refuse, hold or serve")]
    [InlineData("checker = 100%", "option checker has a % that starts neither %(name)s nor %%; write %% for a percent sign")]
    [InlineData("plugins = %(nothing)s", "option plugins refers to %(nothing)s, which neither [foo] nor [DEFAULT] sets")]
    public void Read_BadValue_GivesOneClearLine(string line, string expected)
    {
        Write($"[foo]\nkey_id={KeyId}\nsecret={Secret}\n{line}\n");
        AssertProblems($"{Place(4)}: {expected}");
    }

    [Theory]
    [InlineData("timeout = %(secret)s")]
    [InlineData("timeout = 5m\n  secret = " + Secret)]
    [InlineData("enabled = %(secret)s")]
    [InlineData("key_id = %(secret)s")]
    [InlineData("fingerprint = %(secret)s")]
    [InlineData("secfile = %(secret)s\n[bar]\nsecfile = /%(secret)s\nsecret2 = " + Secret)]
    [InlineData("secret3 = " + Secret + "%")]
    public void Read_BadValueWithASecretInIt_DoesNotShowIt(string lines)
    {
        Write($"[DEFAULT]\nsecret = {Secret}a\n[foo]\n{lines}\n");
        ClientFileResult result = Read();
        Assert.NotEmpty(result.Problems);
        Assert.All(
            result.Problems.Concat(Notes(result)),
            problem => Assert.DoesNotContain(Secret, problem.Message, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Read_ClientsWithCheckers_AreKeptWithThePlacesOfTheirOptions()
    {
        Write($"""
            [DEFAULT]
            ssh_port = 22
            [plain]
            key_id = {KeyId}
            secret = {Secret}
            [ssh]
            key_id = {OtherKeyId}
            secret = {Secret}
            checker_plugin = ssh
            host = h
            ssh_host_key = AAAA
            [faulty]
            checker_plugin = ssh
            """);

        CheckerUses uses = Read().Checkers;

        Assert.Equal((1, 3), (uses.PlainClients, uses.Lines.At(uses.FirstPlainLine, "").Line));
        CheckerUse use = Assert.Single(uses.Clients);
        Assert.Equal(("ssh", "ssh", "h"), (use.Client, use.Checker, use.Settings.Host));
        Assert.Equal($"{Place(11)}: ssh_host_key: wrong", uses.At(use, "ssh_host_key", "wrong").ToString());
        Assert.Equal($"{Place(10)}: host: wrong", uses.At(use, "host", "wrong").ToString());
        Assert.Equal($"{Place(2)}: ssh_port: wrong", uses.At(use, "ssh_port", "wrong").ToString());
        Assert.Equal($"{Place(6)}: client [ssh] timeout: wrong", uses.At(use, "timeout", "wrong").ToString());
        Assert.Equal(
            [$"{Place(2)}: option ssh_port is unknown, and no checker in use takes it"],
            uses.NoteUnknown((checker, option) => checker == "ssh" && option == "ssh_host_key").Select(note => note.ToString()));
    }

    [Fact]
    public void Read_ManyPlainClients_LeavesNothingOfThemForCheckers()
    {
        Write(string.Concat(Enumerable.Range(0, 1000).Select(i => $"[{i}]\nkey_id={i:X64}\nsecret={Secret}\nhue=red\nchecker_plugin=shell\n")));

        CheckerUses uses = Read().Checkers;

        Assert.Equal((1000, 1), (uses.PlainClients, uses.Lines.At(uses.FirstPlainLine, "").Line));
        Assert.Empty(uses.Clients);
        Assert.Single(uses.PlainOptions);
    }

    [Fact]
    public void Read_BadDefault_IsReportedOnce()
    {
        Write($"[DEFAULT]\ntimeout = x\n[a]\nkey_id={KeyId}\nsecret={Secret}\n[b]\nkey_id={OtherKeyId}\nsecret={Secret}\n");
        AssertProblems($"{Place(2)}: timeout: \"x\" is no duration; use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h");
    }

    [Fact]
    public void Read_DefaultThatFailsForOneClient_NamesTheClient()
    {
        Write($"[DEFAULT]\nhost = %(n)s.org\nsecret={Secret}\n[a]\nn=1\nkey_id={KeyId}\n[b]\nkey_id={OtherKeyId}\n");
        AssertProblems($"{Place(2)}: option host, read for [b], refers to %(n)s, which neither [b] nor [DEFAULT] sets");
    }

    [Fact]
    public void Read_SeveralProblems_ReportsAllByLine()
    {
        Write("""
            [foo]
            key_id = 12
            timeout = x
            nonsense
            [bar]
            secret = a
            """);
        AssertProblems(
            $"{Place(1)}: client [foo] has neither secret nor secfile; it needs one",
            $"{Place(2)}: key_id: is not 64 hexadecimal digits but 2",
            $"{Place(3)}: timeout: \"x\" is no duration; use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h",
            $"{Place(4)}: is neither [section] nor name = value; indent it if it continues the value above",
            $"{Place(6)}: secret: is not valid base64; paste what mandos-keygen --password printed, every line indented");
    }

    [Fact]
    public void Read_NameWithNul_IsRefused()
    {
        Write($"[a\0b]\nkey_id={KeyId}\nsecret={Secret}\n");
        AssertProblems($"{Place(1)}: client [a…] has a NUL character in its name, which is not allowed");
    }

    [Fact]
    public void Read_DanglingLinkInTheDirectory_IsAProblem()
    {
        _directory.Write("clients.d/a.txt", "");
        File.CreateSymbolicLink($"{_directory.FullName}/clients.d/a.conf", "/nonexistent");
        AssertProblems($"{_directory.FullName}/clients.d/a.conf: cannot be read: no such file");
    }

    [Fact]
    public void Read_DirectoryThatIsAFile_IsAProblem()
    {
        _directory.Write("clients.d", "");
        AssertProblems($"{_directory.FullName}/clients.d: cannot be read: it is no directory");
    }

    [Fact]
    public void Read_UnreadableFile_IsAProblem()
    {
        Directory.CreateDirectory($"{_directory.FullName}/clients.conf");
        AssertProblems($"{_directory.FullName}/clients.conf: cannot be read: it is a directory");
    }

    // Root may read everything, so the error is made here.
    [Fact]
    public void Describe_NoPermission_SaysSo()
        => Assert.StartsWith("permission denied", InputFile.Describe(new UnauthorizedAccessException(), "/some/file"), StringComparison.Ordinal);

    [Fact]
    public void Expand_HomesAndVariables_AreReplaced()
    {
        string? home = Environment.GetEnvironmentVariable("HOME");
        Assert.Equal($"{home}/x", PathExpansion.Expand("~/x"));
        Assert.Equal($"{home}", PathExpansion.Expand("~"));
        Assert.Equal("/root/x", PathExpansion.Expand("~root/x"));
        Assert.Equal("~nobody-at-all/x", PathExpansion.Expand("~nobody-at-all/x"));
        Assert.Equal($"{home}/a/{home}b$", PathExpansion.Expand("$HOME/a/${HOME}b$"));
        Assert.Equal("/$NOT_SET_AT_ALL/${NOT_SET_AT_ALL}/", PathExpansion.Expand("/$NOT_SET_AT_ALL/${NOT_SET_AT_ALL}/"));
        Assert.Equal("/${HOME", PathExpansion.Expand("/${HOME"));
        Assert.Equal("/a~/x", PathExpansion.Expand("/a~/x"));
    }
}
