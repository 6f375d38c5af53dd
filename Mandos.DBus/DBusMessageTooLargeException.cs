namespace Mandos.DBus;

/// <summary>The message would be larger than allowed; nothing of it has been sent.</summary>
public sealed class DBusMessageTooLargeException : DBusException
{
    /// <summary>Without a message.</summary>
    public DBusMessageTooLargeException()
    {
    }

    /// <summary>With a message of one line.</summary>
    public DBusMessageTooLargeException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of one line and what caused it.</summary>
    public DBusMessageTooLargeException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
