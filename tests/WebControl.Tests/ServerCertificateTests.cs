using System.Security.Cryptography.X509Certificates;
using Mandos.TestKit.Daemons;
using Mandos.WebControl.Access;
using Microsoft.Extensions.Logging.Abstractions;

namespace WebControl.Tests;

/// <summary>Whoever puts the wrong file somewhere is told which setting names it, since the server keeps the path out of its log.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SettingFile _certificate;
    private readonly SettingFile _key;

    public ServerCertificateTests()
    {
        (string certificate, string key) = Make();
        _certificate = new("tls_certificate", _directory.Write("certificate.pem", certificate));
        _key = new("tls_key", _directory.Write("key.pem", key));
        File.SetUnixFileMode(_key.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Files_ThatFit_AreRead() => Assert.NotNull(Read());

    [Fact]
    public void Certificate_NotThere_IsNamedByItsSetting()
    {
        File.Delete(_certificate.Path);

        Assert.Equal("setting tls_certificate: there is no such file", Fail());
    }

    [Fact]
    public void Key_InPlaceOfTheCertificate_IsNone()
    {
        File.Copy(_key.Path, _certificate.Path, overwrite: true);

        Assert.Equal("setting tls_certificate: there is no certificate in PEM in the file", Fail());
    }

    [Fact]
    public void Key_OfAnother_DoesNotFit()
    {
        File.WriteAllText(_key.Path, Make().Key);

        Assert.StartsWith("setting tls_key: there is no key in PEM in the file that fits the first certificate of tls_certificate: ", Fail(), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_ThatEverybodyMayRead_IsRefused()
    {
        File.SetUnixFileMode(_key.Path, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Equal($"setting tls_key: {_key.Path} can be used by everybody; use chmod o-rwx {_key.Path}", Fail());
    }

    [Fact]
    public void File_ThatMayNotBeRead_SaysForWhom()
        => Assert.Equal(
            $"setting tls_key: user {Environment.UserName}, as whom the server runs, may not read the file",
            Assert.Throws<IOException>(() => _key.Use<int>(static _ => throw new UnauthorizedAccessException())).Message);

    private static (string Certificate, string Key) Make()
    {
        using X509Certificate2 root = TestCertificates.MakeRoot();
        return TestCertificates.MakeLocalhost(root);
    }

    private ServerCertificate Read() => new(_certificate, _key, null, NullLogger.Instance);

    private string Fail() => Assert.Throws<IOException>(Read).Message;
}
