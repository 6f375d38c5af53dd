using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>
/// Decides which server checks a client: that with the highest hash of both (rendezvous hashing), so that servers need not agree on it, and
/// few clients move when one comes or goes. Used on the engine loop alone.
/// </summary>
internal sealed class CheckShare(EngineClock clock, Permission permission, Guid self)
{
    private Guid[] _live = [self];

    /// <summary>Takes up which servers there are.</summary>
    public void Update(IReadOnlyList<SharedServer> servers) => _live =
    [
        self,
        .. servers.Where(server => server.Identity.Id != self && server.SinceSync < SharedStateTiming.Permission)
            .Select(static server => server.Identity.Id),
    ];

    /// <summary>Whether another server is alive.</summary>
    public bool HasOthers => _live.Length > 1;

    /// <summary>Whether a check of a client can be left to another server now.</summary>
    public bool IsOthers(Client client)
    {
        if (_live.Length == 1 || !permission.Holds || client.ExpiryDue - clock.Now < client.Settings.Interval)
        {
            return false;
        }

        ulong own = Weight(client.Name, self);
        return _live.Any(server => server != self && Weight(client.Name, server) > own);
    }

    private static ulong Weight(string client, Guid server)
    {
        byte[] input = new byte[16 + Encoding.UTF8.GetByteCount(client)];
        server.TryWriteBytes(input);
        Encoding.UTF8.GetBytes(client, input.AsSpan(16));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
