using Mandos.Abstractions.Clients;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Mandos.WebControl.Serving;

/// <summary>What a caller can cost at most, and why.</summary>
internal static class WebLimits
{
    /// <summary>Connections at the Unix socket at once: browsers behind a proxy have some each.</summary>
    public const int SocketConnections = 256;

    /// <summary>Connections at each TCP port at once, whoever they are from.</summary>
    public const int PortConnections = 256;

    /// <summary>Of these, connections from where nobody has shown who they are lately: the others are for those who have.</summary>
    public const int StrangersConnections = PortConnections / 2;

    /// <summary>Connections at each TCP port at once from one IPv4 address or IPv6 /64. A network behind one address may have many browsers, with up to six each.</summary>
    public const int ConnectionsFromOnePlace = 64;

    /// <summary>Addresses that are remembered for each TCP port because somebody who was known came from there.</summary>
    public const int KnownPlaces = 256;

    /// <summary>Bytes of the first line. A name may have 4 KiB with all its characters percent-encoded.</summary>
    public const int RequestLineBytes = 16 << 10;

    /// <summary>Bytes of all headers. Browsers send 2 KiB.</summary>
    public const int HeaderBytes = 16 << 10;

    /// <summary>Headers of a request.</summary>
    public const int Headers = 64;

    /// <summary>Bytes of a body that is too long, and is still read so that its sender gets the answer that says so. After more, the connection is broken off.</summary>
    public const int RefusedBodyBytes = 4 * ClientLimits.SecretBytes;

    /// <summary>Bytes of a body that is a form.</summary>
    public const int TextBytes = 64 << 10;

    /// <summary>Bytes of a body that is JSON: a text with all its characters escaped.</summary>
    public const int JsonBytes = 1 << 20;

    /// <summary>Characters of a text that is taken, as on D-Bus: far more than a command line may have.</summary>
    public const int TextLength = 1 << 17;

    /// <summary>Answers about all clients that are made at once: half of them for one caller at most, who may read slowly.</summary>
    public const int LargeAnswers = 8;

    /// <summary>Streams of events at once: half of them for one caller at most. Each costs the engine a queue.</summary>
    public const int Streams = 32;

    /// <summary>How long the head of a request may take.</summary>
    public static TimeSpan HeaderTime { get; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may wait for its next request.</summary>
    public static TimeSpan IdleTime { get; } = TimeSpan.FromMinutes(1);

    /// <summary>How slow a body may come, after some seconds.</summary>
    public static MinDataRate BodyRate { get; } = new(bytesPerSecond: 500, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>How slowly an answer may be read, after some seconds.</summary>
    public static MinDataRate AnswerRate { get; } = new(bytesPerSecond: 500, gracePeriod: TimeSpan.FromSeconds(10));

    /// <summary>How long answers may go on when the surface stops.</summary>
    public static TimeSpan FarewellTime { get; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A stream of events without any sends something this often, so that it shows when its reader is gone.</summary>
    public static TimeSpan HeartbeatTime { get; } = TimeSpan.FromSeconds(15);
}
