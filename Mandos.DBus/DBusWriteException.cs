namespace Mandos.DBus;

/// <summary>This cannot be sent: a bad name, a string that is no text, or values that differ from the signature.</summary>
public sealed class DBusWriteException : DBusException
{
    /// <summary>Without a message.</summary>
    public DBusWriteException()
    {
    }

    /// <summary>With a message of one line.</summary>
    public DBusWriteException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of one line and what caused it.</summary>
    public DBusWriteException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
