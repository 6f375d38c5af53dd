namespace Mandos.Abstractions.Clients;

/// <summary>
/// A client that a command is to add, without its secret. It may be what one in <c>clients.conf</c> may be, within
/// <see cref="ClientLimits.AddedTextLength"/>.
/// </summary>
public sealed record NewClient
{
    /// <summary>Its name, as a section's title could be: not empty, one line, without NUL characters, and not <c>DEFAULT</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its settings. They have a <see cref="ClientSettings.KeyId"/>, a <see cref="ClientSettings.Fingerprint"/>, or both.</summary>
    /// <remarks>
    /// Keys may be written as in the file: in any case, with colons, with a prefix. Names of <see cref="ClientSettings.Options"/> are in lower
    /// case.
    /// </remarks>
    public required ClientSettings Settings { get; init; }

    /// <summary>Whether it may get its secret from the start on.</summary>
    public bool Enabled { get; init; } = true;
}
