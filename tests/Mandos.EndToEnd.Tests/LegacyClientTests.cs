using System.Security.Cryptography;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.EndToEnd.Tests;

/// <summary>Clients with GnuTLS before 3.6, which have only an OpenPGP key and are found by its fingerprint.</summary>
/// <remarks>Debian has no such GnuTLS any more: the peer is within the test, with a key that mandos-keygen has made.</remarks>
public sealed class LegacyClientTests(ClientKeys keys)
{
    /// <summary>Stock's string for such clients.</summary>
    private const string ForLegacyClients = "SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256";

    /// <summary>With SECURE256, Ed25519 is not allowed, which is what mandos-keygen makes.</summary>
    private const string ForBoth = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP:!RSA";

    private static readonly byte[] _secret = RandomNumberGenerator.GetBytes(700);

    public static TheoryData<int> CipherSuites
        => [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, CipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384];

    [Theory]
    [MemberData(nameof(CipherSuites))]
    public async Task Fetch_StocksPriorityString_GivesSecretByFingerprint(int cipherSuite)
    {
        var client = OpenPgpIdentity.Read(Path.Combine(keys.Second.Directory, "seckey.txt"));
        await using var server = new TestServer("--debug");
        await server.ConfigureAsync($"priority = {ForLegacyClients}");
        server.AddClient(Stanza(client));
        await server.StartAsync();

        await RequireSecretAsync(server, client, cipherSuite);
    }

    [Fact]
    public async Task Fetch_BothKindsOfClientOnOnePort_GivesEachItsOwn()
    {
        var client = OpenPgpIdentity.Read(Path.Combine(keys.Second.Directory, "seckey.txt"));
        await using var server = new TestServer("--debug");
        await server.ConfigureAsync($"priority = {ForBoth}");
        server.AddClient(keys.First.Stanza);
        server.AddClient(Stanza(client));
        await server.StartAsync();

        await Task.WhenAll(
            keys.First.RequirePasswordAsync(server.EndPoint),
            RequireSecretAsync(server, client, CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
            RequireSecretAsync(server, client, CipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384));

        await server.Log.WaitForAsync("INFO", "Client first: secret sent");
        await server.Log.WaitForAsync("INFO", "Client legacy: secret sent");
    }

    [Fact]
    public async Task Fetch_ForgedCertification_IsRefused()
    {
        using OpenPgpKeyMaker maker = new(), other = new();
        var forged = other.Sign(
            0x13, maker.UserIdSubject("a"), OpenPgpKeyMaker.Subpacket(2, new byte[4]), issuer: maker.Fingerprint[^8..]);
        var client = maker.WithPackets(OpenPgpKeyMaker.UserIdPacket("a"), forged);
        await using var server = new TestServer("--debug");
        await server.ConfigureAsync($"priority = {ForBoth}");
        server.AddClient(Stanza(client));
        await server.StartAsync();

        var outcome = await FetchAsync(server, client, CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384);

        Assert.Equal(PeerEnding.Alert, outcome.Ending);
        Assert.Empty(outcome.Secret);
        await server.Log.WaitForAsync("WARNING", "a signature of its own that is wrong");
    }

    [Fact]
    public async Task Fetch_DefaultPriorityString_LogSaysWhatToAdd()
    {
        var client = OpenPgpIdentity.Read(Path.Combine(keys.Second.Directory, "seckey.txt"));
        await using var server = new TestServer("--debug");
        server.AddClient(Stanza(client));
        await server.StartAsync();

        var outcome = await FetchAsync(server, client, CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384);

        Assert.Empty(outcome.Secret);
        await server.Log.WaitForAsync("WARNING", "+VERS-TLS1.2:+CTYPE-OPENPGP");
    }

    private static string Stanza(OpenPgpIdentity client) => string.Join('\n',
        "[legacy]", $"fingerprint = {client.Fingerprint}", $"secret = {Convert.ToBase64String(_secret)}");

    private static async Task RequireSecretAsync(TestServer server, OpenPgpIdentity client, int cipherSuite)
    {
        var outcome = await FetchAsync(server, client, cipherSuite);
        Assert.Equal((PeerEnding.CloseNotify, ""), (outcome.Ending, outcome.Detail));
        Assert.Equal(_secret, outcome.Secret);
    }

    private static Task<PeerOutcome> FetchAsync(TestServer server, OpenPgpIdentity client, int cipherSuite)
    {
        PeerOptions peer = new(client.Key)
        {
            Versions = [ProtocolVersion.TLSv12],
            CipherSuites = [cipherSuite],
            Groups = [NamedGroup.secp384r1],
            Field = DHStandardGroups.rfc3526_3072,

            // As GnuTLS 3.3 to 3.5 write it
            OpenPgpMessage = OpenPgpIdentity.Message(client.Present(), missing: 7),
        };
        return MandosPeer.FetchAsync(server.EndPoint, peer, TestContext.Current.CancellationToken)
            .WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken);
    }
}
