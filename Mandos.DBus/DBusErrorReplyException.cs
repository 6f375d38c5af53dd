namespace Mandos.DBus;

/// <summary>A call was answered with an error, or not in time (<see cref="DBusErrors.NoReply"/>).</summary>
public sealed class DBusErrorReplyException : DBusException
{
    /// <summary>Without name and text.</summary>
    public DBusErrorReplyException()
        : this(DBusErrors.Failed, "")
    {
    }

    /// <summary>With a text, as <see cref="DBusErrors.Failed"/>.</summary>
    public DBusErrorReplyException(string message)
        : this(DBusErrors.Failed, message)
    {
    }

    /// <summary>With a text and what caused it, as <see cref="DBusErrors.Failed"/>.</summary>
    public DBusErrorReplyException(string message, Exception? innerException)
        : base(message, innerException)
        => (ErrorName, ErrorMessage) = (DBusErrors.Failed, message);

    /// <summary>With name and text of the error.</summary>
    public DBusErrorReplyException(string errorName, string errorMessage)
        : base(errorMessage.Length == 0 ? errorName : $"{errorName}: {errorMessage}")
        => (ErrorName, ErrorMessage) = (errorName, errorMessage);

    /// <summary>The error's name, one of <see cref="DBusErrors"/> for example.</summary>
    public string ErrorName { get; }

    /// <summary>The error's text as its sender wrote it; empty if there was none.</summary>
    public string ErrorMessage { get; }
}
