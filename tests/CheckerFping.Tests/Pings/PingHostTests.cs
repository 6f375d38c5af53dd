using Mandos.CheckerFping.Pings;

namespace CheckerFping.Tests.Pings;

public sealed class PingHostTests
{
    [Theory]
    [InlineData("fping -q -- host.example.org", "host.example.org")]
    [InlineData("fping -q -- host.example.org.", "host.example.org.")]
    [InlineData("fping -q -- 192.0.2.1", "192.0.2.1")]
    [InlineData("fping -q -- 2001:db8::1", "2001:db8::1")]
    [InlineData("fping -q -- my_host", "my_host")]
    [InlineData("fping -q -- -a", null)]
    [InlineData("fping -q -- ", null)]
    [InlineData("fping -q -- ''", null)]
    [InlineData("fping -q -- 'a b'", null)]
    [InlineData("fping -q -- a b", null)]
    [InlineData("fping -q -- a; true", null)]
    [InlineData("fping -q -- a\ntrue", null)]
    [InlineData("fping -q -- ~", null)]
    [InlineData("fping -q -- fe80::1%eth0", null)]
    [InlineData("fping -q -- café", null)]
    [InlineData("fping -q --  a", null)]
    [InlineData("fping -q a", null)]
    [InlineData(" fping -q -- a", null)]
    [InlineData("/usr/bin/fping -q -- a", null)]
    [InlineData("FPING -q -- a", null)]
    public void Of_Command_IsItsHostIfItIsTheDefaultOne(string command, string? host) => Assert.Equal(host, PingHost.Of(command));

    [Fact]
    public void Of_TooLongForAName_IsLeftToTheShell() => Assert.Null(PingHost.Of("fping -q -- " + new string('a', 255)));

    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("::1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("2001:DB8::1", true)]
    [InlineData("host.example", false)]
    [InlineData("192.0.2", false)]
    [InlineData("0300.0.2.1", false)]
    [InlineData("3221225985", false)]
    [InlineData("0xC0000201", false)]
    [InlineData("2001:db8:0:0:0:0:0:1", false)]
    [InlineData("1.2.3.4.example", false)]
    [InlineData("::1:", false)]
    public void IsAddress_OnlyInItsUsualSpelling(string host, bool expected) => Assert.Equal(expected, PingHost.IsAddress(host));
}
