namespace Mandos.DBus;

/// <summary>What goes wrong with D-Bus; the message is one line and holds no message's content.</summary>
public class DBusException : Exception
{
    /// <summary>Without a message.</summary>
    public DBusException()
    {
    }

    /// <summary>With a message of one line.</summary>
    public DBusException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of one line and what caused it.</summary>
    public DBusException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
