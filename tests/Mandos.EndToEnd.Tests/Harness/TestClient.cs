using System.Security.Cryptography;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A client within the test's process: it sees how it is refused, where mandos-client only tries again.</summary>
/// <param name="name">Its name.</param>
internal sealed class TestClient(string name)
{
    public string Name => name;

    public PeerKeyPair Key { get; } = PeerKeyPair.Create(PeerKeyKind.Ed25519);

    /// <summary>An OpenPGP packet of 700 bytes (RFC 9580 section 4.2.1.2), so that the server has nothing to warn of.</summary>
    public byte[] Secret { get; init; } = [0xCB, 193, 249, .. RandomNumberGenerator.GetBytes(697)];

    /// <summary>Its section of clients.conf.</summary>
    /// <param name="options">Further lines.</param>
    public string StanzaWith(params IEnumerable<string> options) => string.Join('\n',
        [$"[{name}]", $"key_id = {Key.KeyId}", $"secret = {Convert.ToBase64String(Secret)}", .. options]);

    /// <summary>Asks once for the secret.</summary>
    public Task<PeerOutcome> FetchAsync(TestServer server)
        => MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(Key), TestContext.Current.CancellationToken)
            .WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>Gets the secret.</summary>
    public Task RequireSecretAsync(TestServer server) => RequireSecretAsync(server, Secret);

    /// <summary>Gets a secret that was set at run time.</summary>
    public async Task RequireSecretAsync(TestServer server, byte[] secret) => Require(await FetchAsync(server), secret);

    /// <summary>Gets nothing but an orderly end.</summary>
    public async Task RequireRefusalAsync(TestServer server) => Require(await FetchAsync(server), []);

    /// <summary>Requires what was got, and an orderly end.</summary>
    /// <param name="outcome">What was got.</param>
    /// <param name="secret">What is right; nothing for a refusal.</param>
    public static void Require(PeerOutcome outcome, byte[] secret)
    {
        Assert.Equal((PeerEnding.CloseNotify, ""), (outcome.Ending, outcome.Detail));
        Assert.Equal(secret, outcome.Secret);
    }
}
