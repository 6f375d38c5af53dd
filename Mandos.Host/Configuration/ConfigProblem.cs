namespace Mandos.Host.Configuration;

/// <summary>Something to tell the administrator about a place in a file.</summary>
/// <param name="File">The file, or <c>command line</c>.</param>
/// <param name="Line">Line number from 1, or 0 where the file as a whole is meant.</param>
/// <param name="Message">What is wrong and what is allowed, in one line, without any secret.</param>
internal sealed record ConfigProblem(string File, int Line, string Message)
{
    /// <summary><c>FILE:LINE: message</c>.</summary>
    public override string ToString() => Line > 0 ? $"{File}:{Line}: {Message}" : $"{File}: {Message}";
}
