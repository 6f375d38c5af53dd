using System.Net;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;

namespace MdnsAnnouncer.Tests.Support;

/// <summary>A link that notes what is sent.</summary>
internal sealed class FakeLink(Scene scene) : ILink
{
    private readonly List<Sent> _sent = [];

    /// <summary>Whether it carries nothing.</summary>
    public bool IsDown { get; set; }

    /// <summary>What was sent since the last call.</summary>
    public IReadOnlyList<Sent> Take()
    {
        Sent[] sent = [.. _sent];
        _sent.Clear();
        return sent;
    }

    /// <summary>What was sent since the last call: one message to all.</summary>
    public DnsMessage TakeOne()
    {
        Sent sent = Assert.Single(Take());
        Assert.Null(sent.To);
        return sent.Message;
    }

    public bool Multicast(ReadOnlySpan<byte> message)
    {
        if (!IsDown)
        {
            Note(message, to: null);
        }

        return !IsDown;
    }

    public void Send(ReadOnlySpan<byte> message, IPEndPoint to) => Note(message, to);

    private void Note(ReadOnlySpan<byte> message, IPEndPoint? to)
    {
        Assert.InRange(message.Length, 1, 1400); // one packet of any network
        _sent.Add(new Sent(scene.Now, to, MessageReader.Read(message, scene.Zone.Names)!));
    }
}

/// <summary>A message that was sent.</summary>
/// <param name="Time">When.</param>
/// <param name="To">To whom; null for all.</param>
/// <param name="Message">The message, as far as it is about the names in force.</param>
internal sealed record Sent(TimeSpan Time, IPEndPoint? To, DnsMessage Message);
