namespace Mandos.Host.Listening;

/// <summary>The server cannot listen where it was told to.</summary>
/// <param name="message">One line that says where, and why not.</param>
internal sealed class ListenException(string message) : Exception(message);
