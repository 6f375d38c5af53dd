using System.Net;
using Mandos.MdnsAnnouncer.Messages;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>A record of ours on a link, and when it is sent.</summary>
/// <param name="record">The record.</param>
internal sealed class OwnRecord(DnsRecord record)
{
    /// <summary>The record.</summary>
    public DnsRecord Record { get; } = record;

    /// <summary>When it was last sent to all.</summary>
    public TimeSpan? Sent { get; set; }

    /// <summary>When it will be.</summary>
    public TimeSpan? Due { get; private set; }

    /// <summary>Who alone waits for it, and may still say that the record is known there; null if there are several, or none that may.</summary>
    public IPEndPoint? Asker { get; private set; }

    /// <summary>Plans to send it to all, if it is not to be sent sooner anyway.</summary>
    /// <param name="due">When.</param>
    /// <param name="asker">Who waits for it, and may still say that it is known.</param>
    public void Plan(TimeSpan due, IPEndPoint? asker = null)
    {
        Asker = Due is null || asker?.Equals(Asker) == true ? asker : null;
        Due = Due is { } earlier && earlier < due ? earlier : due;
    }

    /// <summary>It needs not be sent.</summary>
    public void Drop() => (Due, Asker) = (null, null);

    /// <summary>Whether it was sent to all within some time.</summary>
    public bool WasSentWithin(TimeSpan time, TimeSpan now) => Sent is { } sent && now - sent < time;
}
