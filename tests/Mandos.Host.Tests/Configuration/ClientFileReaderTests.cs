using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Configuration;

public sealed partial class ClientFileReaderTests : IDisposable
{
    private const string KeyId = "788CD77115CD0BB7B2D5E0AE8496F6B48149D5E712C652076B1FD2D957EF7C1F";
    private const string OtherKeyId = "F90C7A81D72D1EA69A51031A91FF8885F36C8B46D155C8C58709A4C99AE9E361";
    private const string Fingerprint = "778827225BA7DE539C5A7CFA59CFF7CDBD9A5920";
    private const string Secret = "c2VzYW1l";

    private const string NoBase64 = "is not valid base64; paste what mandos-keygen --password printed, every line indented";
    private const string NoDuration = "is no duration; use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("c2VzYW1lYQ==")]
    [InlineData("c2VzYW1lYWI=")]
    public void Read_LastLineOfSecretNotIndented_WarnsWithoutShowingIt(string line)
    {
        Write($"[foo]\nkey_id={KeyId}\nsecret =\n    c2VzYW1l\n{line}\n");

        ConfigProblem problem = Read().Warnings.Single(warning => warning.Line == 5);

        Assert.Contains("indent it", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2vzyw1l", problem.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Read_NoFile_GivesNoClients() => Assert.Empty(Read().Clients!);

    [Fact]
    public void Read_LeastClient_HasTheDefaults()
    {
        Write($"[foo]\nkey_id={KeyId}\nsecret={Secret}\n");
        ClientDefinition client = Assert.Single(Read().Clients!);
        Assert.Equal("foo", client.Name);
        Assert.Equal(new ClientSettings { KeyId = KeyId }, client.Settings);
        Assert.True(client.Enabled);
        Assert.Equal("sesame", Text(client));
    }

    [Fact]
    public void Read_Defaults_ApplyToEachClientThatHasNoValueOfItsOwn()
    {
        Write($"""
            [DEFAULT]
            secret = {Secret}
            interval = PT1H
            timeout = %(extended_timeout)s
            approved_by_default = no
            approval_delay = 30s
            enabled = no
            checker = true
            extended_timeout = 1m
            [a]
            key_id = {KeyId}
            [b]
            key_id = {OtherKeyId}
            interval = 2m
            extended_timeout = 3m
            approved_by_default = yes
            enabled = yes
            checker = false
            [c]
            fingerprint = {Fingerprint}

            """);

        IReadOnlyList<ClientDefinition> clients = Read().Clients!;

        ClientSettings common = new()
        {
            Interval = TimeSpan.FromHours(1),
            Timeout = TimeSpan.FromMinutes(1),
            ExtendedTimeout = TimeSpan.FromMinutes(1),
            ApprovedByDefault = false,
            ApprovalDelay = TimeSpan.FromSeconds(30),
            Checker = "true",
        };
        Assert.Equal([false, true, false], clients.Select(client => client.Enabled));
        Assert.Equal(common with { KeyId = KeyId }, clients[0].Settings);
        Assert.Equal(
            common with
            {
                KeyId = OtherKeyId,
                Interval = TimeSpan.FromMinutes(2),
                Timeout = TimeSpan.FromMinutes(3),
                ExtendedTimeout = TimeSpan.FromMinutes(3),
                ApprovedByDefault = true,
                Checker = "false",
            },
            clients[1].Settings);
        Assert.Equal(common with { Fingerprint = Fingerprint }, clients[2].Settings);
    }

    [Fact]
    public void Read_BadDefault_IsReportedThoughOtherClientsHaveAGoodValue()
    {
        Write($"[DEFAULT]\nsecret={Secret}\ntimeout=bad\n[a]\nkey_id={KeyId}\ntimeout=1m\n[b]\nkey_id={OtherKeyId}\n");
        AssertProblems($"{Place(3)}: timeout: \"bad\" {NoDuration}");
    }

    [Fact]
    public void Read_ManualPagesExample_GivesBothClients()
    {
        string file = _directory.Write("bar-secret", "\0\x01 verbatim\n");
        Write($"""
            [DEFAULT]
            timeout = PT5M
            interval = PT2M
            checker = fping -q -- %%(host)s

            # Client "foo"
            [foo]
            key_id = {KeyId.ToLowerInvariant()}
            fingerprint =  7788 2722 5BA7 DE53 9C5A  7CFA 59CF F7CD BD9A 5920
            secret =
                    c2Vz
                    # half time

                    YW1l
            host = foo.example.org
            interval = PT1M

            # Client "bar"
            [bar]
            key_id = {OtherKeyId}
            fingerprint = 3e393aeaefb84c7e89e2f547b3a107558fca3a27
            secfile = {file}
            timeout = PT15M
            approved_by_default = False
            approval_delay = PT30S

            """);

        IReadOnlyList<ClientDefinition> clients = Read().Clients!;
        Assert.Equal(["foo", "bar"], clients.Select(client => client.Name));
        Assert.Equal(
            new ClientSettings
            {
                KeyId = KeyId,
                Fingerprint = Fingerprint,
                Host = "foo.example.org",
                Interval = TimeSpan.FromMinutes(1),
            },
            clients[0].Settings);
        Assert.Equal("sesame", Text(clients[0]));
        Assert.Equal(
            new ClientSettings
            {
                KeyId = OtherKeyId,
                Fingerprint = "3E393AEAEFB84C7E89E2F547B3A107558FCA3A27",
                Timeout = TimeSpan.FromMinutes(15),
                ApprovedByDefault = false,
                ApprovalDelay = TimeSpan.FromSeconds(30),
            },
            clients[1].Settings);
        Assert.Equal("\0\x01 verbatim\n", Text(clients[1]));
    }

    /// <summary>What Debian's server can use.</summary>
    [Theory]
    [InlineData("secret = \"c2VzYW1l\"", "has more than base64 in it")]
    [InlineData("secret = c2Vz\\\n  YW1l", "has more than base64 in it")]
    [InlineData("secret =\n  c2VzYW1l\n  =", "has more than base64 in it")]
    [InlineData("secret = c2Vz=YW1l", "has more than base64 in it")]
    [InlineData("secret = " + Secret + "\nfingerprint = N/A", "fingerprint: is not 40 hexadecimal digits; the client is found by its key_id alone")]
    [InlineData("secret = " + Secret + "\ntimeout = -5m", "timeout: \"-5m\" is negative; it is taken as PT0S")]
    [InlineData("secret = " + Secret + "\nextended_timeout = P9999999D", "\"P9999999D\" is too long; it is taken as P2000000D")]
    public void Read_SloppyClient_IsTakenWithAWarning(string lines, string warning)
    {
        Write($"[foo]\nkey_id={KeyId}\n{lines}\n");

        ClientFileResult result = Read();

        Assert.Empty(result.Problems);
        Assert.Contains(result.Warnings, found => found.Line > 2 && found.Message.Contains(warning, StringComparison.Ordinal));
        Assert.Equal("sesame", Text(Assert.Single(result.Clients!)));
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("SHA256:")]
    [InlineData("sha256: ")]
    public void Read_KeyIdWithPrefixOrColons_IsTakenWithAWarning(string prefix)
    {
        Write($"[foo]\nkey_id={prefix}{string.Join(':', KeyId.Chunk(2).Select(pair => new string(pair)))}\nsecret={Secret}\n");

        ClientFileResult result = Read();

        Assert.Equal(KeyId, Assert.Single(result.Clients!).Settings.KeyId);
        Assert.Contains($"{Place(2)}: key_id: has more than its 64 digits", string.Join('\n', result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BadKeyIdBesideGoodFingerprint_IsFoundByThat()
    {
        Write($"[foo]\nkey_id=none\nfingerprint={Fingerprint}\nsecret={Secret}\n");
        ClientFileResult result = Read();
        Assert.Equal(new ClientSettings { Fingerprint = Fingerprint }, Assert.Single(result.Clients!).Settings);
        Assert.StartsWith($"{Place(2)}: key_id: is not 64 hexadecimal digits; the client is found by its fingerprint alone", result.Warnings[0].ToString(), StringComparison.Ordinal);
    }

    /// <summary>As Debian's server does from version 1.8.17.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("key_id =\n")]
    public void Read_NeitherKey_IsLeftOutWithAWarning(string line)
    {
        Write($"[foo]\n{line}secret={Secret}\n[bar]\nkey_id={KeyId}\nsecret={Secret}\n");
        ClientFileResult result = Read();
        Assert.Empty(result.Problems);
        Assert.Equal("bar", Assert.Single(result.Clients!).Name);
        Assert.Equal("foo", Assert.Single(result.LeftOut));
        Assert.Contains($"{Place(1)}: client [foo] has neither key_id nor fingerprint, so it is left out; it needs one", result.Warnings.Select(warning => warning.ToString()));
    }

    [Theory]
    [InlineData("timeout = soon")]
    [InlineData("enabled = perhaps")]
    [InlineData("host = 100%")]
    [InlineData("nonsense")]
    [InlineData("host = a\nhost = b")]
    [InlineData("secfile = /nonexistent\n[foo]\nkey_id=" + OtherKeyId)]
    [InlineData("[foo]\nenabled = False")]
    [InlineData("[twin]\nsecret = " + Secret + "\nkey_id = " + KeyId)]
    [InlineData("host = \uFFFE\uFFFE")]
    public void Read_MistakeInOneClient_LeavesOutThatOne(string lines)
    {
        string text = $"[good]\nkey_id={OtherKeyId[..63]}0\nsecret={Secret}\n[foo]\nkey_id={KeyId}\nsecret={Secret}\n{lines}\n"
            + $"[last]\nfingerprint={Fingerprint}\nsecret={Secret}\n";
        // Bytes that are not UTF-8
        File.WriteAllBytes(_directory.PathOf("clients.conf"), Encoding.Latin1.GetBytes(text.Replace("\uFFFE", "\u00E9", StringComparison.Ordinal)));

        ClientFileResult result = Read();

        Assert.NotEmpty(result.Problems);
        Assert.Equal(["good", "last"], result.Clients!.Select(client => client.Name));
        Assert.Contains("foo", result.LeftOut);
        Assert.True(result.IsComplete);
    }

    [Theory]
    [InlineData("[foo\n")]
    [InlineData("[]\n")]
    public void Read_HeaderThatIsNone_CostsNoOtherClient(string header)
    {
        Write($"[good]\nkey_id={OtherKeyId}\nsecret={Secret}\n{header}key_id={KeyId}\nsecret={Secret}\nenabled=False\n");

        ClientFileResult result = Read();

        Assert.Equal($"{Place(4)}: is no section: write its name in brackets, as in [name]", Assert.Single(result.Problems).ToString());
        Assert.True(Assert.Single(result.Clients!).Enabled);
        Assert.False(result.IsComplete);
    }

    /// <summary>To pass such a mistake over would be to serve clients that a person wanted to be asked about.</summary>
    [Theory]
    [InlineData("[DEFAULT]\napproved_by_default False\n")]
    [InlineData("[DEFAULT\napproved_by_default = False\n")]
    [InlineData("[default]\napproved_by_default = False\n")]
    [InlineData("[DEFAULT]\nenabled = False\nenabled = True\n")]
    [InlineData("approved_by_default = False\n")]
    public void Read_MistakeThatConcernsAll_GivesNoClients(string lines)
    {
        Write($"{lines}[foo]\nkey_id={KeyId}\nsecret={Secret}\n");
        ClientFileResult result = Read();
        Assert.Null(result.Clients);
        Assert.True(result.IsUseless);
        Assert.NotEmpty(result.Problems);
    }

    [Fact]
    public void Read_EqualFingerprintsBesideKeyIds_ServesBothByTheirKeyIds()
    {
        Write($"[a]\nkey_id={KeyId}\nfingerprint={Fingerprint}\nsecret={Secret}\n[b]\nkey_id={OtherKeyId}\nfingerprint={Fingerprint}\nsecret={Secret}\n");
        ClientFileResult result = Read();
        Assert.Empty(result.Problems);
        Assert.Equal([(KeyId, null), (OtherKeyId, null)], result.Clients!.Select(client => (client.Settings.KeyId, client.Settings.Fingerprint)));
    }

    [Fact]
    public void Read_EqualKeyIds_LeavesBothOut()
    {
        Write($"[a]\nkey_id={KeyId}\nsecret={Secret}\nenabled=False\n[b]\nkey_id={KeyId}\nsecret={Secret}\n");
        ClientFileResult result = Read();
        Assert.Empty(result.Clients!);
        Assert.Equal(["a", "b"], result.LeftOut.Order());
        Assert.True(result.IsUseless);
    }

    [Fact]
    public void Read_SilentRefusal_WarnsOnceForADefault()
    {
        Write($"[DEFAULT]\napproved_by_default=False\n[a]\nkey_id={KeyId}\nsecret={Secret}\n[b]\nkey_id={OtherKeyId}\nsecret={Secret}\n");
        ConfigProblem warning = Read().Warnings.Single(warning => warning.Line == 2);
        Assert.StartsWith("approved_by_default: False without an approval_delay", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ByteOrderMark_IsTakenWithAWarning()
    {
        Write($"\uFEFF[foo]\nkey_id={KeyId}\nsecret={Secret}\n");
        ClientFileResult result = Read();
        Assert.Single(result.Clients!);
        Assert.Contains("byte order mark", result.Warnings[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clients.conf")]
    [InlineData("clients.d/a.conf")]
    [InlineData("secret")]
    public async Task Read_Fifo_DoesNotWaitForAWriter(string name)
    {
        Write($"[foo]\nkey_id={KeyId}\nsecfile={_directory.PathOf("secret")}\n");
        _directory.Write("clients.d/b.conf", "");
        File.Delete(_directory.PathOf(name));
        await MakeFifoAsync(_directory.PathOf(name));

        ClientFileResult result = await Task.Run(Read, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.Contains(
            result.Problems,
            static problem => problem.Message.Contains("cannot be read: it is a FIFO, a device or a socket; use a regular file", StringComparison.Ordinal));
        Assert.Equal(_directory.PathOf(name), result.Unread[0]);
    }

    [Fact]
    public void Read_FileOfTheDirectoryUnreadable_ServesTheOthersAndKnowsThatSomeAreMissing()
    {
        Write($"[foo]\nkey_id={KeyId}\nsecret={Secret}\n");
        Directory.CreateDirectory(_directory.PathOf("clients.d"));
        File.CreateSymbolicLink(_directory.PathOf("clients.d/a.conf"), "/nonexistent");
        ClientFileResult result = Read();
        Assert.Single(result.Clients!);
        Assert.False(result.IsComplete);
    }

    private static async Task MakeFifoAsync(string path)
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
        await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, mkfifo.ExitCode);
    }

    [Fact]
    public void Read_CheckerRefersToDefaults_HasThemAsStockWritesThem()
    {
        Write($"""
            [foo]
            key_id = {KeyId}
            secret = {Secret}
            checker = echo %(interval)s %(timeout)s %(extended_timeout)s %(approval_delay)s %(approval_duration)s
            """);

        Assert.Equal("echo PT2M PT5M PT15M PT0S PT1S", Assert.Single(Read().Clients!).Settings.Checker);
    }

    [Fact]
    public void Read_EveryOption_IsRead()
    {
        Write($"""
            [foo]
            KEY_ID: {KeyId[..20]} {KeyId[20..]}
            Fingerprint = {Fingerprint}
            secret = {Secret}
            secfile = /nonexistent
            host = ::1
            checker = echo 50%%%% of %%(name)s, every %(interval)s
            checker_plugin = ssh
            interval = 1h
            timeout = P1D
            extended_timeout = 2w
            approval_delay = 10s
            approval_duration = PT0S
            approved_by_default = no
            approve_all = yes
            enabled = OFF
            """);

        ClientDefinition client = Assert.Single(Read().Clients!);
        Assert.Equal(
            new ClientSettings
            {
                KeyId = KeyId,
                Fingerprint = Fingerprint,
                Host = "::1",
                Checker = "echo 50%% of %(name)s, every 1h",
                CheckerPlugin = "ssh",
                Interval = TimeSpan.FromHours(1),
                Timeout = TimeSpan.FromDays(1),
                ExtendedTimeout = TimeSpan.FromDays(14),
                ApprovalDelay = TimeSpan.FromSeconds(10),
                ApprovalDuration = TimeSpan.Zero,
                ApprovedByDefault = false,
                ApproveAll = true,
            },
            client.Settings);
        Assert.False(client.Enabled);
        Assert.Equal("sesame", Text(client));
    }

    [Fact]
    public void Read_FingerprintAlone_IsEnough()
    {
        Write($"[foo]\nkey_id =\nfingerprint={Fingerprint}\nsecret={Secret}\n");
        Assert.Equal(new ClientSettings { Fingerprint = Fingerprint }, Assert.Single(Read().Clients!).Settings);
    }

    [Fact]
    public void Read_UnknownOptions_AreKeptAndNotedOnce()
    {
        Write($"""
            [DEFAULT]
            ssh_port = 22
            [a]
            key_id = {KeyId}
            secret = {Secret}
            SSH_Host_Key = AAAA %(host)s
            [b]
            key_id = {OtherKeyId}
            secret = {Secret}
            ssh_port = 2222
            ssh_host_key = BBBB
            """);

        ClientFileResult result = Read();
        Assert.Equal([("ssh_host_key", "AAAA "), ("ssh_port", "22")], Options(result.Clients![0]));
        Assert.Equal([("ssh_host_key", "BBBB"), ("ssh_port", "2222")], Options(result.Clients![1]));
        Assert.Equal(
            [
                $"{Place(2)}: option ssh_port is unknown, and no checker in use takes it",
                $"{Place(6)}: option ssh_host_key is unknown, and no checker in use takes it",
            ],
            Notes(result).Select(note => note.ToString()).Order());

        static IEnumerable<(string, string)> Options(ClientDefinition client) => client.Settings.Options
            .OrderBy(option => option.Key, StringComparer.Ordinal)
            .Select(option => (option.Key, option.Value));
    }

    [Fact]
    public void Read_EqualTexts_AreOneString()
    {
        Write($"[a]\nkey_id={KeyId}\nsecret={Secret}\n[b]\nkey_id={OtherKeyId}\nsecret={Secret}\n");
        IReadOnlyList<ClientDefinition> clients = Read().Clients!;
        Assert.Same(clients[0].Settings.Checker, clients[1].Settings.Checker);
        Assert.Same(clients[0].Settings.Options, clients[1].Settings.Options);
    }

    [Fact]
    public void Read_Directory_ContinuesTheFileInNameOrder()
    {
        Write($"[DEFAULT]\ntimeout = PT1M\n[z]\nkey_id={KeyId}\nsecret={Secret}");
        _directory.Write("clients.d/b.conf", $"[b]\nfingerprint={Fingerprint}\nsecret={Secret}\n");
        _directory.Write("clients.d/a.conf", $"[a]\nkey_id={OtherKeyId}\nsecret={Secret}\n[DEFAULT]\nhost = h\n");
        _directory.Write("clients.d/c.txt", "nonsense");
        _directory.Write("clients.d/.hidden.conf", "nonsense");

        IReadOnlyList<ClientDefinition> clients = Read().Clients!;
        Assert.Equal(["z", "a", "b"], clients.Select(client => client.Name));
        (TimeSpan, string) expected = (TimeSpan.FromMinutes(1), "h");
        Assert.All(clients, client => Assert.Equal(expected, (client.Settings.Timeout, client.Settings.Host)));
    }

    private void Write(string text) => _directory.Write("clients.conf", text);

    private string Place(int line) => $"{_directory.FullName}/clients.conf:{line}";

    private static IEnumerable<ConfigProblem> Notes(ClientFileResult result) => result.Checkers.NoteUnknown((_, _) => false);

    private ClientFileResult Read() => ClientFileReader.Read(_directory.FullName);

    private void AssertProblems(params string[] expected)
    {
        ClientFileResult result = Read();
        Assert.True(result.Clients is null || result.LeftOut.Count > 0 || !result.IsComplete);
        Assert.Equal(expected, result.Problems.Select(problem => problem.ToString()));
    }

    private static string Text(ClientDefinition client) => Encoding.UTF8.GetString(client.Secret.Memory.Span);
}
