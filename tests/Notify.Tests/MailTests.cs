using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using MimeKit;
using Notify.Tests.Support;

namespace Notify.Tests;

/// <summary>Mail, by a real mail server.</summary>
public sealed class MailTests : IAsyncDisposable
{
    private readonly Rig _rig = new();
    private readonly X509Certificate2 _root = TestCertificates.MakeRoot();

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        _root.Dispose();
        Assert.DoesNotContain(MailServer.Password, _rig.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("starttls")]
    [InlineData("tls")]
    public async Task Send_WithTlsAndPassword_Arrives(string security)
    {
        (string certificate, string key) = TestCertificates.MakeLocalhost(_root);
        await using MailServer server = await MailServer.StartAsync(security, certificate, key, hasUsers: true);
        Address(server, security).With("mail.a.user", MailServer.User).WithSecret("mail.a.password_file", MailServer.Password)
            .With("mail.a.root_certificate", _rig.Files.Write("root.pem", _root.ExportCertificatePem())).With("link_url", "https://mandos.example.org/link");
        await _rig.StartAsync();
        _rig.Wait(client: Rig.Client with { Name = "Rötlich" });

        JsonNode taken = await TakeAsync(server);

        Assert.Equal((true, true), ((bool)taken["tls"]!, (bool)taken["authenticated"]!));
        Assert.Equal("mandos@example.org", (string)taken["from"]!);
        Assert.Equal(["admin@example.org", "night@example.org"], taken["to"]!.AsArray().Select(address => (string)address!));
        MimeMessage mail = Read(taken);
        Assert.Equal("Mandos: Rötlich waits for approval", mail.Subject);
        Assert.Equal("auto-generated", mail.Headers["Auto-Submitted"]);
        Assert.Equal(MessageImportance.High, mail.Importance);
        Assert.Contains("The machine at 192.0.2.7 asks for the secret of Rötlich.", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("Approve: https://mandos.example.org/link/", mail.TextBody, StringComparison.Ordinal);
        Assert.DoesNotContain(MailServer.Password, (string)taken["content"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_ToThisMachineWithoutTls_Arrives()
    {
        await using MailServer server = await MailServer.StartAsync("none");
        await Address(server, "none").StartAsync();
        _rig.GetSecret();

        Assert.Equal("Mandos: orchid got its secret", Read(await TakeAsync(server)).Subject);
    }

    [Fact]
    public async Task Send_NameWithLineFeeds_BecomesNoHeader()
    {
        await using MailServer server = await MailServer.StartAsync("none");
        await Address(server, "none").StartAsync();
        _rig.Wait(client: Rig.Client with { Name = "a\r\nBcc: evil@example.org\r\n\r\nhello" });

        MimeMessage mail = Read(await TakeAsync(server));

        Assert.Empty(mail.Bcc);
        Assert.Equal("Mandos: a\uFFFD\uFFFDBcc: evil@example.org\uFFFD\uFFFD\uFFFD\uFFFDhello waits for approval", mail.Subject);
    }

    [Fact]
    public async Task Send_CertificateOfAnother_IsRefusedBeforeThePasswordIsSent()
    {
        using X509Certificate2 other = TestCertificates.MakeRoot();
        (string certificate, string key) = TestCertificates.MakeLocalhost(other);
        await using MailServer server = await MailServer.StartAsync("starttls", certificate, key, hasUsers: true);
        await Address(server, "starttls").With("mail.a.user", MailServer.User).WithSecret("mail.a.password_file", MailServer.Password)
            .With("mail.a.root_certificate", _rig.Files.Write("root.pem", _root.ExportCertificatePem())).StartAsync();
        _rig.GetSecret();

        await LoggedAsync("Target mail a: TLS: the mail server's certificate is not trusted, or it speaks no TLS there; trying again");
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Send_ServerWithoutTls_GetsNothing()
    {
        await using MailServer server = await MailServer.StartAsync("none");
        await Address(server, "starttls").StartAsync();
        _rig.GetSecret();

        await LoggedAsync("Target mail a: the mail server does not offer what is needed: STARTTLS, or a way to log in; trying again");
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Send_WrongPassword_IsNotTriedAgain()
    {
        (string certificate, string key) = TestCertificates.MakeLocalhost(_root);
        await using MailServer server = await MailServer.StartAsync("starttls", certificate, key, hasUsers: true);
        await Address(server, "starttls").With("mail.a.user", MailServer.User).WithSecret("mail.a.password_file", "wrong-horse")
            .With("mail.a.root_certificate", _rig.Files.Write("root.pem", _root.ExportCertificatePem())).StartAsync();
        _rig.GetSecret();

        await LoggedAsync("Target mail a was not told “got_secret”, after 1 attempts: the mail server does not accept the user or the password");
        Assert.DoesNotContain("wrong-horse", _rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_ReceiverRefused_IsToldWithoutTheServersWords()
    {
        (string certificate, string key) = TestCertificates.MakeLocalhost(_root);
        await using MailServer server = await MailServer.StartAsync("tls", certificate, key, hasUsers: true);
        await Address(server, "tls").With("mail.a.user", MailServer.User).WithSecret("mail.a.password_file", MailServer.Password)
            .With("mail.a.to.2", "refused@example.org")
            .With("mail.a.root_certificate", _rig.Files.Write("root.pem", _root.ExportCertificatePem())).StartAsync();
        _rig.GetSecret();

        await LoggedAsync("Target mail a was not told “got_secret”, after 1 attempts: the mail server answers 550 (RecipientNotAccepted)");
    }

    [Fact]
    public async Task Send_NobodyListens_IsTriedAgain()
    {
        await _rig.With("mail.a.host", "localhost").With("mail.a.port", $"{FreePort.Find()}").With("mail.a.security", "none")
            .With("mail.a.from", "mandos@example.org").With("mail.a.to", "admin@example.org").StartAsync();
        _rig.GetSecret();

        await LoggedAsync("Target mail a: the mail server cannot be reached: ConnectionRefused; trying again");
    }

    private Rig Address(MailServer server, string security) => _rig.With("mail.a.host", "localhost").With("mail.a.port", $"{server.Port}")
        .With("mail.a.security", security).With("mail.a.from", "mandos@example.org").With("mail.a.to.1", "admin@example.org").With("mail.a.to.2", "night@example.org");

    private Task LoggedAsync(string line) => Patience.UntilAsync($"“{line}” is logged", () => _rig.Context.Logged.Contains(line));

    private static async Task<JsonNode> TakeAsync(MailServer server)
    {
        await Patience.UntilAsync("the mail arrives", () => server.Mails.Count > 0);
        return server.Mails[0];
    }

    private static MimeMessage Read(JsonNode taken)
        => MimeMessage.Load(new MemoryStream(System.Text.Encoding.UTF8.GetBytes((string)taken["content"]!)), TestContext.Current.CancellationToken);
}
