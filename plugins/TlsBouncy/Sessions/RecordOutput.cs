using System.Buffers;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Sessions;

/// <summary>Sends the records that BouncyCastle has made.</summary>
internal static class RecordOutput
{
    /// <summary>Sends all that is waiting.</summary>
    public static async ValueTask SendAsync(TlsProtocol protocol, Stream stream, CancellationToken cancellationToken)
    {
        int count = protocol.GetAvailableOutputBytes();
        if (count == 0)
        {
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            protocol.ReadOutput(buffer, 0, count);
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
