namespace Mandos.Host.Transfer;

/// <summary>What a file of exported state may have, each with its reason.</summary>
internal static class StateFileLimits
{
    /// <summary>Bytes of the file, which is read as a whole: more than 100,000 clients, for which the server is made, at some 1,500 each.</summary>
    public const int FileBytes = 256 << 20;

    /// <summary>How deep its values may be nested: what the format has, and two more.</summary>
    public const int Depth = 8;

    /// <summary>What encryption adds to a secret, in bytes, and some more.</summary>
    public const int Encryption = 4096;
}
