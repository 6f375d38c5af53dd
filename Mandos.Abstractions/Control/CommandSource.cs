namespace Mandos.Abstractions.Control;

/// <summary>Who gave a command, and by which way. The audit record of the command has it.</summary>
/// <remarks>A control surface says what it knows; the server believes it. Texts longer than the audit keeps are cut there.</remarks>
/// <param name="Surface">The way: the name by which the control surface is exported, such as <c>dbus</c>; not empty.</param>
public sealed record CommandSource(string Surface)
{
    /// <summary>The user, in the terms of the surface: a login name, <c>uid 0</c>; null if the surface does not know.</summary>
    public string? User { get; init; }

    /// <summary>Where the user is: an IP address, a name on the bus; null if there is nothing to tell.</summary>
    public string? Address { get; init; }

    /// <summary>Whether the surface knows that this is root, or the server's own user: they can read the clients' secrets in its files anyway.</summary>
    public bool MayReadSecrets { get; init; }
}
