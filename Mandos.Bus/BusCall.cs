using Tmds.DBus.Protocol;

namespace Mandos.Bus;

/// <summary>A call that somebody made, and the way to answer it, once, now or later.</summary>
public sealed class BusCall
{
    private readonly MethodContext _context;
    private int _replied;

    internal BusCall(MethodContext context)
    {
        _context = context;
        Message request = context.Request;
        (Path, Interface, Member, Signature, Sender) = (
            request.PathAsString!, request.InterfaceAsString, request.MemberAsString!, request.SignatureAsString, request.SenderAsString);
    }

    public string Path { get; }

    public string? Interface { get; }

    public string Member { get; }

    public string Signature { get; }

    public string? Sender { get; }

    /// <summary>Readable until the call is answered.</summary>
    public Message Request => _context.Request;

    public MessageWriter CreateReplyWriter(string? signature) => _context.CreateReplyWriter(signature);

    public bool Reply(MessageBuffer message)
    {
        if (Interlocked.Exchange(ref _replied, 1) != 0)
        {
            return false;
        }

        Finish(() => _context.Reply(message));
        return true;
    }

    public bool ReplyError(string errorName, string message)
    {
        if (Interlocked.Exchange(ref _replied, 1) != 0)
        {
            return false;
        }

        Finish(() => _context.ReplyError(errorName, message.Replace('\0', '\uFFFD')));
        return true;
    }

    private void Finish(Action reply)
    {
        try
        {
            reply();
            _context.Dispose();
        }
        catch (ObjectDisposedException)
        {
            // The connection is gone, and who called is told so by the bus.
        }
    }
}
