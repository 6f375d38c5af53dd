using System.Net.Sockets;
using Mandos.CheckerSsh.Limits;

namespace Mandos.CheckerSsh.Network;

/// <summary>What a host sends up to the end of its version string.</summary>
internal static class Greeting
{
    /// <summary>Waits for it.</summary>
    /// <param name="host">The connection.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>All that was received, and perhaps more than the greeting; and whether there was one.</returns>
    /// <exception cref="SocketException">The connection is lost.</exception>
    public static async Task<(ReadOnlyMemory<byte> Received, bool IsSsh)> ReceiveAsync(Socket host, CancellationToken cancellationToken)
    {
        byte[] received = new byte[SshLimits.GreetingBytes];
        int length = 0;
        int lineStart = 0;
        while (length < received.Length)
        {
            int count = await host.ReceiveAsync(received.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            length += count;
            for (int end; (end = received.AsSpan(lineStart..length).IndexOf((byte)'\n')) >= 0; lineStart += end + 1)
            {
                if (received.AsSpan(lineStart, end).StartsWith("SSH-"u8))
                {
                    return (received.AsMemory(0, length), true);
                }
            }
        }

        return (received.AsMemory(0, length), false);
    }
}
