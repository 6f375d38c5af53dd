using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Calls;

/// <summary>A call is refused with a D-Bus error.</summary>
/// <param name="errorName">Name of the error.</param>
/// <param name="message">What is wrong and what would be right, in one line. Long ones, as they repeat what was sent, are cut.</param>
internal sealed class CallException(string errorName, string message) : Exception(Shorten(message))
{
    /// <summary>Name of the error.</summary>
    public string ErrorName { get; } = errorName;

    /// <summary>The arguments, or one of them, are of a wrong type, number or range.</summary>
    public static CallException InvalidArgs(string message) => new(BusErrors.InvalidArgs, message);

    /// <summary>There is nothing at a path.</summary>
    public static CallException UnknownObject(string path) => new(BusErrors.UnknownObject, $"there is no object {path}");

    /// <summary>What was at a path when a command came is there no more.</summary>
    public static CallException ObjectGone(string path)
        => new(BusErrors.UnknownObject, $"the client that was meant by {path} is gone; if there is one now, it is another");

    /// <summary>The D-Bus error that tells of an exception.</summary>
    public static CallException Of(Exception error) => error switch
    {
        CallException e => e,
        UnknownRequestException or UnknownClientException => new(BusErrors.UnknownObject, error.Message),
        InvitationException => new(Names.InvitationError, error.Message),
        UnauthorizedAccessException => new(BusErrors.AccessDenied, error.Message),
        ConflictingRequestsException => new(Names.ConflictingRequestsError, error.Message),
        ClientDisabledException or NoNextKeyException => new(BusErrors.Failed, error.Message),
        NotSupportedException => new(BusErrors.NotSupported, error.Message),
        ConfigurationException => new(BusErrors.InvalidFileContent, error.Message),
        ArgumentException or DBusReadException => new(BusErrors.InvalidArgs, error.Message),
        OperationCanceledException => new(BusErrors.Failed, "the server is stopping"),
        _ => new(BusErrors.Failed, "an internal error; the server's log tells more"),
    };

    private static string Shorten(string message)
    {
        if (message.Length <= DBusLimits.MessageLength)
        {
            return message;
        }

        // Not within a surrogate pair: D-Bus carries no half of one.
        int length = char.IsHighSurrogate(message[DBusLimits.MessageLength - 1]) ? DBusLimits.MessageLength - 1 : DBusLimits.MessageLength;
        return $"{message[..length]}…";
    }
}
