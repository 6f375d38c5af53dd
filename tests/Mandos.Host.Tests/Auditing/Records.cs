using System.Net;
using Mandos.Engine.Auditing;
using Mandos.Engine.Outcomes;

namespace Mandos.Host.Tests.Auditing;

/// <summary>Makes records.</summary>
internal static class Records
{
    /// <summary>One with the least that a record can have.</summary>
    /// <param name="port">Tells it from others.</param>
    public static AuditRecord Make(int port = 1) => new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Peer = new IPEndPoint(IPAddress.IPv6Loopback, port),
        Outcome = Outcome.Approved,
        Duration = TimeSpan.Zero,
    };
}
