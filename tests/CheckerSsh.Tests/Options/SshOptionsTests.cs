using CheckerSsh.Tests.Fakes;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerSsh;
using Mandos.CheckerSsh.Options;
using Mandos.TestKit;

namespace CheckerSsh.Tests.Options;

public sealed class SshOptionsTests
{
    private const string Sha256 = "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og";

    private static readonly FakeKey _ed25519 = FakeKey.Create("ssh-ed25519");
    private static readonly FakeKey _ecdsa = FakeKey.Create("ecdsa-sha2-nistp256");
    private static readonly FakeKey _rsa = FakeKey.Create("rsa-sha2-512");

    public static TheoryData<string> GoodKeys =>
    [
        _ed25519.Pin, _ecdsa.Pin, _rsa.Pin, Sha256, Sha256 + "=", Sha256 + " a comment", _ed25519.Pin + " root@host",
        $"\n  {_ed25519.Pin}\n\n  {_rsa.Pin} x  \n", $"{_ed25519.Pin},{Sha256} , {_ecdsa.Pin},",
        _ed25519.Pin.Replace(" ", " \t ", StringComparison.Ordinal),
    ];

    public static TheoryData<string?, string> BadKeys => new()
    {
        { null, "is missing; use 'TYPE BASE64' as in the host's ssh_host_*_key.pub, or 'SHA256:BASE64' as ssh-keygen" },
        { " \n , ", "is missing; use " },
        { "ssh-ed25519", "what follows ssh-ed25519 is not base64" },
        { "ssh-ed25519 AAAA*", "what follows ssh-ed25519 is not base64" },
        { "ssh-ed25519 AAAA", "the ssh-ed25519 key is cut off or damaged" },
        { _ed25519.Pin[..^8], "the ssh-ed25519 key is cut off or damaged" },
        { _ecdsa.Pin[..^8], "the ecdsa-sha2-nistp256 key is cut off or damaged" },
        { _rsa.Pin[..^8], "the ssh-rsa key is cut off or damaged" },
        { Pin("ssh-ed25519", [.. _ed25519.Blob, 0]), "the ssh-ed25519 key is cut off or damaged" },
        { Pin("ecdsa-sha2-nistp256", [.. _ecdsa.Blob, 0]), "the ecdsa-sha2-nistp256 key is cut off or damaged" },
        { Pin("ssh-rsa", [.. _rsa.Blob, 0]), "the ssh-rsa key is cut off or damaged" },
        { Pin("ssh-rsa", _ed25519.Blob), "the ssh-rsa key is really of type “ssh-ed25519”" },
        { Pin("ssh-ed25519", new SshWriter().String("a\nb").ToArray()), "is really of type “a?b”" },
        { FakeKey.Rsa("rsa-sha2-512", 1024).Pin, "the ssh-rsa key has 1024 bits and can be forged; use one of 2048 bits" },
        { "ssh-dss AAAA", "ssh-dss keys (DSA) can be forged" },
        { "rsa-sha2-512 AAAA", "“rsa-sha2-512” is a signature; the type of the key is ssh-rsa" },
        { "ssh-ed25519-cert-v01@openssh.com AAAA", "is a certificate, which is not supported; name the host's plain key" },
        { "host.example.org " + _ed25519.Pin, "leave out “host.example.org” before “ssh-ed25519”" },
        { "256 " + Sha256, "leave out “256” before “SHA256:" },
        { "MD5:00:11", "use that of ssh-keygen -l -E sha256" },
        { "ssh-ed448 AAAA", "“ssh-ed448” is no type of key that is supported (ssh-ed25519, ecdsa-sha2-nistp256, " },
        { "SHA256:abc", "“SHA256:abc” is no fingerprint: 43 characters of base64 have to follow SHA256:" },
        { "SHA256:", "is no fingerprint" },
        { Sha256 + "AAAA", "is no fingerprint" },
    };

    [Theory]
    [MemberData(nameof(GoodKeys))]
    public void Read_GoodKeys_AreTaken(string keys) => Assert.Empty(Problems(Checks.Settings(keys)));

    [Theory]
    [MemberData(nameof(BadKeys))]
    public void Read_BadKey_IsExplained(string? keys, string message)
    {
        OptionProblem problem = Assert.Single(Problems(Checks.Settings(keys)));

        Assert.Equal("ssh_host_key", problem.Option);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }

    [Fact]
    public void Read_NoPortAndTimeout_AreTheDefaults()
    {
        SshOptions options = SshOptions.Read(Checks.Settings(Sha256, timeout: null), [])!;

        Assert.Equal(22, options.Port);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Timeout);
    }

    [Theory]
    [InlineData("1")]
    [InlineData(" 65535 ")]
    public void Read_GoodPort_IsTaken(string port) => Assert.Empty(Problems(With("ssh_port", port)));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("ssh")]
    [InlineData("22 23")]
    public void Read_BadPort_IsExplained(string port)
    {
        OptionProblem problem = Assert.Single(Problems(With("ssh_port", port)));

        Assert.Equal(new("ssh_port", $"“{port}” is no port; use a number from 1 to 65535, such as 22"), problem);
    }

    [Theory]
    [InlineData("PT10S", 10)]
    [InlineData("PT1M30S", 90)]
    [InlineData("PT0.25S", 0.25)]
    [InlineData("PT10M", 600)]
    [InlineData("7", 7)]
    public void Read_GoodTimeout_IsTaken(string timeout, double seconds)
        => Assert.Equal(TimeSpan.FromSeconds(seconds), SshOptions.Read(With("ssh_timeout", timeout), [])!.Timeout);

    [Theory]
    [InlineData("", "is no duration; use one such as PT10S (RFC 3339), or a number of seconds")]
    [InlineData("soon", "is no duration")]
    [InlineData("P99999999999999999D", "is no duration")]
    [InlineData("99999999999999999", "is no duration")]
    [InlineData("PT0S", "is out of range; it has to be more than zero and at most PT10M")]
    [InlineData("-PT1S", "is out of range")]
    [InlineData("PT10M1S", "is out of range")]
    [InlineData("601", "is out of range")]
    public void Read_BadTimeout_IsExplained(string timeout, string message)
    {
        OptionProblem problem = Assert.Single(Problems(With("ssh_timeout", timeout)));

        Assert.Equal("ssh_timeout", problem.Option);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host", "host")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("fe80::1%lo", "fe80::1%lo")]
    [InlineData("[fe80::1%1]", "fe80::1%1")]
    public void Read_GoodHost_IsTaken(string host, string expected)
        => Assert.Equal(expected, SshOptions.Read(Checks.Settings(Sha256, host: host), [])!.Host);

    [Theory]
    [InlineData("", "is missing; it has to be the name or address of the SSH server")]
    [InlineData("[]", "is missing")]
    [InlineData("two hosts", "has to be one name or address, without spaces")]
    [InlineData("a\nb", "without spaces")]
    [InlineData("host:22", "the port goes into ssh_port")]
    [InlineData("[::1]:22", "the port goes into ssh_port")]
    [InlineData("root@host", "has to be a name or an address and nothing else")]
    public void Read_BadHost_IsExplained(string host, string message)
    {
        OptionProblem problem = Assert.Single(Problems(Checks.Settings(Sha256, host: host)));

        Assert.Equal("host", problem.Option);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_EverythingWrong_AllIsFound()
    {
        ClientSettings settings = new()
        {
            Options = new Dictionary<string, string>
            {
                ["ssh_host_key"] = "x\ny", ["ssh_port"] = "x", ["ssh_timeout"] = "x",
            },
        };

        Assert.Equal(
            ["host", "ssh_host_key", "ssh_host_key", "ssh_port", "ssh_timeout"],
            new SshChecker(new TestPluginContext()).Validate(settings).Select(problem => problem.Option));
    }

    [Fact]
    public void Prepare_BadOption_SaysWhich()
    {
        var e = Assert.Throws<CheckPreparationException>(() => Checks.Prepare(Checks.Settings("x")));

        Assert.StartsWith("ssh_host_key: “x” is no type of key that is supported", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_Good_SaysWhatIsDone()
        => Assert.Equal(
            "SSH key exchange with example.org port 2222",
            Checks.Prepare(Checks.Settings(Sha256, 2222, "example.org")).Description);

    private static IReadOnlyList<OptionProblem> Problems(ClientSettings settings)
        => new SshChecker(new TestPluginContext()).Validate(settings);

    private static ClientSettings With(string option, string value)
        => new() { Host = "host", Options = new Dictionary<string, string> { ["ssh_host_key"] = Sha256, [option] = value } };

    private static string Pin(string type, byte[] blob) => $"{type} {Convert.ToBase64String(blob)}";
}
