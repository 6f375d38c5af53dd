namespace Mandos.DBus;

/// <summary>The bus could not be reached, or refused us.</summary>
public sealed class DBusConnectException : DBusException
{
    /// <summary>Without a message.</summary>
    public DBusConnectException()
    {
    }

    /// <summary>With a message of one line.</summary>
    public DBusConnectException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of one line and what caused it.</summary>
    public DBusConnectException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
