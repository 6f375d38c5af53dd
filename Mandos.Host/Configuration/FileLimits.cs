namespace Mandos.Host.Configuration;

/// <summary>What configuration files may take, each with its reason. Only an administrator writes them, so these limits catch mistakes.</summary>
internal static class FileLimits
{
    /// <summary>Bytes of all files of <c>clients.conf</c> and <c>clients.d</c> together: 200,000 clients with usual secrets take 400 MB.</summary>
    public const int DocumentBytes = 1 << 30;

    /// <summary>Python's <c>MAX_INTERPOLATION_DEPTH</c>.</summary>
    public const int ReferenceDepth = 10;

    /// <summary>Bytes of a value with its references replaced: limits what a few lines that refer to each other can grow to.</summary>
    public const int ValueBytes = 16 << 20;

    /// <summary>References in one value, those of empty values among them, which add no bytes.</summary>
    public const int References = 1_000_000;

    /// <summary>Packets of an OpenPGP message: far more than any has; each packet takes two bytes at least.</summary>
    public const int OpenPgpPackets = 1000;

    /// <summary>Bytes of <c>plugins.yaml</c>: a thousand times a usual one.</summary>
    public const int PluginsBytes = 1 << 20;

    /// <summary>How deep things may stand in each other in <c>plugins.yaml</c>, with the stream and the document around all: the plugins of the server need 9.</summary>
    public const int PluginsDepth = 10;

    /// <summary>After this number of problems (a binary file, say) the rest is left out, and the last entry says so.</summary>
    public const int Problems = 1000;
}
