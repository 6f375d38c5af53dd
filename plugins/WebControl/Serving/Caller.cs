using Mandos.Abstractions.Control;

namespace Mandos.WebControl.Serving;

/// <summary>Who sent a request.</summary>
internal sealed record Caller
{
    /// <summary>The name by which the control surface is exported.</summary>
    public const string Surface = "web";

    private static readonly Func<bool> _always = static () => true;

    /// <summary>Somebody of whom nothing is known.</summary>
    public static Caller Unknown { get; } = new();

    /// <summary>Who, for the audit and for people; null if nothing is known.</summary>
    public string? User { get; init; }

    /// <summary>Where from; null if there is nothing to tell.</summary>
    public string? Address { get; init; }

    /// <summary>What this caller may do.</summary>
    public Scope Scope { get; init; }

    /// <summary>Whether the caller is a program on this machine that the socket's mode lets in, and speaks for itself.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether the kernel says that this is root, or the server's own user.</summary>
    public bool MayReadSecrets { get; init; }

    /// <summary>Whether the caller signed in by a cookie, so that a page can sign out.</summary>
    public bool HasCookie { get; init; }

    /// <summary>Says whether what the caller has shown still holds: asked again and again during an answer without end.</summary>
    public Func<bool> IsStillGood { get; init; } = _always;

    /// <summary>The caller as the source of a command.</summary>
    public CommandSource Source => new(Surface) { User = User, Address = Address, MayReadSecrets = MayReadSecrets };
}
