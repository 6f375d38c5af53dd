namespace Mandos.DBus;

/// <summary>A message, or what was read from it, is not what it should be.</summary>
public sealed class DBusReadException : DBusException
{
    /// <summary>Without a message.</summary>
    public DBusReadException()
    {
    }

    /// <summary>With a message of one line.</summary>
    public DBusReadException(string message)
        : base(message)
    {
    }

    /// <summary>With a message of one line and what caused it.</summary>
    public DBusReadException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
