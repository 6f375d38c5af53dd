using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Invitations;
using Mandos.Host.Invitations;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.Host.Tests.Invitations;

/// <summary>What invitations have in the state directory, and the handshake with the key there.</summary>
public sealed class InvitationFilesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-invitations-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void File_WhatWasWritten_IsRead()
    {
        var file = new InvitationFile(_directory.FullName);
        Assert.Empty(file.Read());
        DateTimeOffset time = new(2026, 11, 30, 1, 2, 3, TimeSpan.Zero);
        var open = new StoredInvitation { Name = "open", TokenHash = new byte[32], Created = time, Until = time.AddHours(1) };
        var pending = open with { Name = "new", Section = "[new]"u8.ToArray(), Arrived = time, Address = IPAddress.Parse("fe80::1%2"), KeyId = "AB" };
        var ended = open with { Name = "old", Ended = time };

        file.Write([open, pending, ended]);

        string path = Path.Combine(_directory.FullName, "invitations.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        IReadOnlyList<StoredInvitation> read = new InvitationFile(_directory.FullName).Read();
        Assert.Equal(
            [Text(open), Text(pending), Text(ended)], read.Select(Text));
        Assert.Equal("[new]"u8.ToArray(), read[1].Section.ToArray());
        Assert.Equal([path], Directory.GetFiles(_directory.FullName));

        static string Text(StoredInvitation one)
            => $"{one.Name} {Convert.ToHexString(one.TokenHash.Span)} {one.Created} {one.Until} {one.Arrived} {one.Address} {one.KeyId} {one.Section.Length} {one.Ended}";
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"version":1,"invitations":[{"name":"a"}]}""")]
    [InlineData("""{"version":1,"invitations":[{"name":"a","token_sha256":"00","created":"2026-11-30T00:00:00Z","until":"2026-11-30T00:00:00Z"}]}""")]
    [InlineData("""{"version":1,"invitations":{}}""")]
    public void File_Damaged_IsNotTakenForNone(string content)
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "invitations.json"), content);
        Assert.Contains("is damaged", Assert.Throws<IOException>(() => new InvitationFile(_directory.FullName).Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_IsMadeOnceForTheOwnerAlone()
    {
        string pin = NewTls().ReadPin();

        Assert.Matches("^[0-9a-f]{64}$", pin);
        Assert.Equal(pin, NewTls().ReadPin());
        string path = Path.Combine(_directory.FullName, "invitation-key.pem");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.WriteAllText(path, "no key");
        Assert.Contains("has no key that can be used", Assert.Throws<IOException>(() => NewTls().ReadPin()).Message, StringComparison.Ordinal);
        Assert.Equal("no key", File.ReadAllText(path));
    }

    [Fact]
    public async Task Handshake_ShowsTheKeyOfThePin()
    {
        InvitationTls tls = NewTls();
        (NetworkStream near, NetworkStream far) = await ConnectAsync();
        await using NetworkStream closedNear = near;
        await using NetworkStream closedFar = far;
        byte[]? shown = null;
        await using var client = new SslStream(near, true, (_, certificate, _, _) =>
        {
            shown = new X509Certificate2(certificate!).PublicKey.ExportSubjectPublicKeyInfo();
            return shown.Length > 0;
        });

        Task<Stream> server = tls.HandshakeAsync(far, Cancellation).AsTask();
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "anything" }, Cancellation);
        await using Stream served = await server;
        await served.WriteAsync("taken\n"u8.ToArray(), Cancellation);
        await tls.ShutdownAsync(served);

        using var reader = new StreamReader(client);
        Assert.Equal("taken\n", await reader.ReadToEndAsync(Cancellation));
        Assert.Equal(tls.ReadPin(), Convert.ToHexStringLower(SHA256.HashData(shown!)));
        Assert.Equal(SslProtocols.Tls13, client.SslProtocol);
    }

    [Fact]
    public async Task Handshake_OlderTls_IsRefused()
    {
        (NetworkStream near, NetworkStream far) = await ConnectAsync();
        await using NetworkStream closedNear = near;
        await using NetworkStream closedFar = far;
        await using var client = new SslStream(near, true, static (_, certificate, _, _) => certificate is not null);

        Task<Stream> server = NewTls().HandshakeAsync(far, Cancellation).AsTask();
        Task connecting = client.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "a", EnabledSslProtocols = SslProtocols.Tls12 }, Cancellation);

        TlsHandshakeException e = await Assert.ThrowsAsync<TlsHandshakeException>(() => server);
        Assert.StartsWith("an invited machine is to use TLS 1.3, and to know this server's key: ", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => connecting);
    }

    private static async Task<(NetworkStream Near, NetworkStream Far)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new TcpClient();
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Cancellation);
        return (near.GetStream(), (await listener.AcceptTcpClientAsync(Cancellation)).GetStream());
    }

    private InvitationTls NewTls() => new(_directory.FullName, NullLogger.Instance);
}
