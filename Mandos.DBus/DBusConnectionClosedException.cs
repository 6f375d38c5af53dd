namespace Mandos.DBus;

/// <summary>The connection is gone, or never was.</summary>
public sealed class DBusConnectionClosedException : DBusException
{
    /// <summary>Without a message.</summary>
    public DBusConnectionClosedException()
    {
    }

    /// <summary>With a message of one line.</summary>
    public DBusConnectionClosedException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of one line and what caused it.</summary>
    public DBusConnectionClosedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
