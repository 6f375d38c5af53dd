using System.Net.Sockets;

namespace Mandos.Host.Probing;

/// <summary>
/// The Unix socket in the state directory by which <c>mandos --probe</c> asks the running server whether it is well. Whoever connects gets one
/// line and says nothing. The socket's mode lets in root and the server's own user alone.
/// </summary>
/// <remarks>
/// In the state directory, because that is the one place which a server can write in every container, which no two servers share, and which
/// the probe knows too. It needs neither D-Bus nor the web, nor the port, which may be any.
/// </remarks>
internal static class ProbeSocket
{
    /// <summary>What a server answers that is well. Anything else is what is wrong with it.</summary>
    public const string Well = "ok";

    /// <summary>The longest answer, in bytes.</summary>
    public const int MostBytes = 1024;

    /// <summary>The longest path of a socket that the kernel takes, in bytes (unix(7)).</summary>
    public const int MostPathBytes = 107;

    /// <summary>Its mode: for its owner alone.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Its path.</summary>
    /// <param name="stateDirectory">The state directory; any path.</param>
    public static string PathIn(string stateDirectory) => Path.Combine(Path.GetFullPath(stateDirectory), "probe.socket");

    /// <summary>A socket of its kind, which is neither bound nor connected.</summary>
    public static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
