using System.Net;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>Sends messages on one interface, by one family of addresses.</summary>
internal interface ILink
{
    /// <summary>Sends a message to all.</summary>
    /// <returns>False if it certainly does not arrive anywhere, as the interface does not carry it.</returns>
    bool Multicast(ReadOnlySpan<byte> message);

    /// <summary>Sends a message to one, if it can be sent.</summary>
    void Send(ReadOnlySpan<byte> message, IPEndPoint to);
}
