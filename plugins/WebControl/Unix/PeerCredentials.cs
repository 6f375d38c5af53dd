using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Mandos.WebControl.Unix;

/// <summary>Who has connected to a Unix socket, as the kernel says (unix(7), SO_PEERCRED).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PeerCredentials
{
    private const int SocketLevel = 1;
    private const int PeerCredentialsOption = 17;

    /// <summary>The process that connected.</summary>
    public int ProcessId;

    /// <summary>Its user.</summary>
    public uint UserId;

    /// <summary>Its group.</summary>
    public uint GroupId;

    /// <summary>Asks the kernel.</summary>
    /// <exception cref="SocketException">The kernel does not say.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        PeerCredentials result = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<PeerCredentials>(ref result));
        return socket.GetRawSocketOption(SocketLevel, PeerCredentialsOption, bytes) == bytes.Length ? result
            : throw new SocketException((int)SocketError.ProtocolOption);
    }
}
