namespace Mandos.DBusControl;

/// <summary>The interface cannot be offered on the bus.</summary>
/// <param name="message">Why, in one line.</param>
internal sealed class BusException(string message) : Exception(message)
{
    /// <summary>Whether the bus refuses us, rather than being away.</summary>
    public bool IsRefusal { get; init; }

    /// <summary>Whether the bus reads nothing more from the server.</summary>
    public bool IsStall { get; init; }
}
