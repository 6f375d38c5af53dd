namespace Mandos.Ctl.Servers;

/// <summary>The server cannot be reached, or did not do what it was asked for.</summary>
/// <param name="message">One line for the user.</param>
internal sealed class ServerException(string message) : Exception(message)
{
    /// <summary>Whether the server did it, but could not save it.</summary>
    public bool IsNotSaved { get; init; }
}
