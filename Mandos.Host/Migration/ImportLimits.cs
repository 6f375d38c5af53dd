namespace Mandos.Host.Migration;

/// <summary>What the state of Debian's server may take while it is read, each with its reason. The writer of that file may be hostile.</summary>
internal static class ImportLimits
{
    /// <summary>Bytes of the file: some 30,000 clients, more than Debian's server can have.</summary>
    public const int FileBytes = 128 << 20;

    /// <summary>Memory in bytes that a hostile file may take, roughly. A client needs some 20,000.</summary>
    public const int Memory = 1 << 30;

    /// <summary>Bytes of a secret: what D-Bus can carry, as Debian's server has no limit of its own.</summary>
    public const int SecretBytes = 64 << 20;
}
