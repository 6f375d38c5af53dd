using System.Security.Cryptography;
using Tmds.DBus.Protocol;

namespace Mandos.Bus;

/// <summary>A call that somebody made, and the way to answer it, once, now or later, from any thread.</summary>
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

    /// <summary>The object that is called.</summary>
    public string Path { get; }

    /// <summary>The interface that has the method; null if the caller did not say.</summary>
    public string? Interface { get; }

    /// <summary>The method.</summary>
    public string Member { get; }

    /// <summary>The types of the arguments; empty if there are none.</summary>
    public string Signature { get; }

    /// <summary>The unique name of the caller; null if there is no bus in between.</summary>
    public string? Sender { get; }

    /// <summary>
    /// The length of the secret that is in the arguments, in bytes; 0 if there is none. Once the call is answered, what the library keeps of it is
    /// overwritten, as far as it can be reached.
    /// </summary>
    public int SecretLength { get; set; }

    /// <summary>The secret itself, as it was read from the arguments; it is overwritten once the call is answered.</summary>
    public Memory<byte> Secret { get; set; }

    /// <summary>The message, with the arguments. It can be read until the call is answered.</summary>
    public Message Request => _context.Request;

    /// <summary>Answers, unless that is done already, or nobody wants to know.</summary>
    /// <param name="signature">The types of the results; null for none.</param>
    /// <param name="body">Writes the results. If it throws, the call is not answered yet.</param>
    /// <returns>Whether this was the first answer.</returns>
    public bool Reply(string? signature = null, BodyWriter? body = null)
    {
        if (Volatile.Read(ref _replied) != 0)
        {
            return false;
        }

        try
        {
            MessageWriter writer = _context.CreateReplyWriter(signature);
            try
            {
                body?.Invoke(ref writer);
                return Finish(writer.CreateMessage(), static (context, message) => context.Reply(message));
            }
            finally
            {
                writer.Dispose();
            }
        }
        catch (ObjectDisposedException)
        {
            return false; // The connection is gone, and the bus tells who called.
        }
    }

    /// <summary>Answers with an error, unless the call is answered already, or nobody wants to know.</summary>
    /// <param name="errorName">Name of the error, such as those in <see cref="BusErrors"/>.</param>
    /// <param name="message">The fault, in words for a person. NUL, which D-Bus cannot carry, is replaced.</param>
    /// <returns>Whether this was the first answer.</returns>
    public bool ReplyError(string errorName, string message)
    {
        try
        {
            return Finish(
                (Name: errorName, Text: message.Replace('\0', '\uFFFD')), static (context, error) => context.ReplyError(error.Name, error.Text));
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private bool Finish<T>(T answer, Action<MethodContext, T> reply)
    {
        if (Interlocked.Exchange(ref _replied, 1) != 0)
        {
            return false;
        }

        try
        {
            using (_context)
            {
                reply(_context, answer);
            }
        }
        finally
        {
            ClearSecret();
        }

        return true;
    }

    /// <summary>Overwrites the secret in the arguments, if there is one: the receiver of the call has taken it, or never will.</summary>
    public void ClearSecret()
    {
        CryptographicOperations.ZeroMemory(Secret.Span);
        if (SecretLength > 0)
        {
            PooledBuffers.Clear(SecretLength);
        }
    }
}
