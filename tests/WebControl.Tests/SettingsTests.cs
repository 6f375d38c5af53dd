using Mandos.Abstractions.Plugins;
using Mandos.WebControl.Settings;

namespace WebControl.Tests;

/// <summary>A setting that makes no sense is told with its name.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Read_Nothing_IsTheSocketAlone()
    {
        WebSettings settings = WebSettings.Read(new Dictionary<string, string>());

        Assert.Equal(("/run/mandos/web.sock", "_mandos", null, null, null), (
            settings.Socket, settings.SocketGroup, settings.Listen, settings.Metrics, settings.TrustedUserHeader));
    }

    [Theory]
    [InlineData("socket", "web.sock", "absolute path")]
    [InlineData("socket", "/run/mandos/", "absolute path")]
    [InlineData("socket", "/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789", "longer than 107 bytes")]
    [InlineData("metrics", "9090", "an address with a port")]
    [InlineData("metrics", "localhost:9090", "an address with a port")]
    [InlineData("metrics", "::1", "an address with a port")]
    [InlineData("metrics", "127.0.0.1:0", "an address with a port")]
    [InlineData("metrics", "127.0.0.1:65536", "an address with a port")]
    [InlineData("hosts", "https://mandos.example.org", "names of hosts")]
    [InlineData("trusted_user_header", "X Remote", "name of a header")]
    [InlineData("trusted_user_header", "", "name of a header")]
    public void Read_BadValue_SaysWhatWouldBeRight(string name, string value, string message)
    {
        PluginSettingException exception = Assert.Throws<PluginSettingException>(() => WebSettings.Read(new Dictionary<string, string> { [name] = value }));

        Assert.Equal(name, exception.Setting);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TcpWithoutCertificate_IsRefused()
    {
        PluginSettingException exception = Assert.Throws<PluginSettingException>(
            () => WebSettings.Read(new Dictionary<string, string> { ["listen"] = "[::]:8443", ["tls_key"] = "/key.pem" }));

        Assert.Equal("tls_certificate", exception.Setting);
    }
}
