namespace Mandos.StateSqlite;

/// <summary>A file of the database is not the one that was opened.</summary>
/// <param name="file">Its path.</param>
/// <param name="message">What happened, and how to go on.</param>
internal sealed class ReplacedException(string file, string message) : Exception(message)
{
    /// <summary>Its path.</summary>
    public string File { get; } = file;
}
