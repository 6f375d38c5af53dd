namespace Mandos.DBus;

/// <summary>Which messages a handler wants; what is null does not matter.</summary>
public sealed record MatchRule
{
    /// <summary>The kind of message.</summary>
    public MessageType? Type { get; init; }

    /// <summary>
    /// Who sent it. A well-known name is compared by the bus only, which does not look at messages that are sent to us alone: a
    /// handler that must not be deceived compares <see cref="Message.Sender"/> with the owner it knows.
    /// </summary>
    public string? Sender { get; init; }

    /// <summary>The interface.</summary>
    public string? Interface { get; init; }

    /// <summary>The member.</summary>
    public string? Member { get; init; }

    /// <summary>The path.</summary>
    public string? Path { get; init; }

    /// <summary>The path or one above it.</summary>
    public string? PathNamespace { get; init; }

    /// <summary>The first argument, if it is a string.</summary>
    public string? Arg0 { get; init; }

    /// <summary>The rule as the bus wants it.</summary>
    public override string ToString() => throw new NotImplementedException();
}
