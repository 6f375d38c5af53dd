namespace Mandos.Host.Configuration;

/// <summary>What the files of the clients held when they were read.</summary>
/// <param name="Hash">The sum of all of them.</param>
/// <param name="SecretFiles">Those with a secret each, in the order of the clients.</param>
internal sealed record FilesMark(ReadOnlyMemory<byte> Hash, IReadOnlyList<string> SecretFiles)
{
    /// <summary>Whether the same files hold the same now, and can be read. It costs a look at each byte, and no memory.</summary>
    /// <param name="configDirectory">The configuration directory.</param>
    public bool IsCurrent(string configDirectory)
    {
        try
        {
            using var digest = new FilesDigest();
            digest.AddAll(ClientFileParser.FilesIn(configDirectory), SecretFiles);
            return digest.Mark() is { } mark && mark.Hash.Span.SequenceEqual(Hash.Span);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // to read the clients will tell why
        }
    }
}
