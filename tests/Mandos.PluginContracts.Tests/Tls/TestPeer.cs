using Mandos.PluginContracts.Tls;
using Mandos.TestKit.Peers;

namespace Mandos.PluginContracts.Tests.Tls;

internal sealed class TestPeer : ITlsTestPeer
{
    private readonly PeerKeyPair _key = PeerKeyPair.Create(PeerKeyKind.Ed25519);

    public ReadOnlyMemory<byte> PublicKey => _key.SubjectPublicKeyInfo;

    public async Task<byte[]> ReceiveAsync(Stream stream, CancellationToken cancellationToken)
    {
        PeerOutcome outcome = await MandosPeer.ServeAsync(stream, new PeerOptions(_key), cancellationToken);
        return outcome.Ending == PeerEnding.CloseNotify
            ? outcome.Secret
            : throw new IOException($"{outcome.Ending}: {outcome.Detail}");
    }
}
