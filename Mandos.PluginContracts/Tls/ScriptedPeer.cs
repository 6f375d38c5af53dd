namespace Mandos.PluginContracts.Tls;

/// <summary>A peer that answers whatever it is told, once the other side has said something.</summary>
/// <param name="answer">What it says.</param>
internal sealed class ScriptedPeer(byte[] answer) : ITlsTestPeer
{
    public ReadOnlyMemory<byte> PublicKey => default;

    public async Task<byte[]> ReceiveAsync(Stream stream, CancellationToken cancellationToken)
    {
        _ = await stream.ReadAsync(new byte[4096], cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(answer, cancellationToken).ConfigureAwait(false);
        return [];
    }
}
