namespace Mandos.Host.Configuration;

/// <summary>The server cannot start.</summary>
/// <param name="problems">Everything that keeps it from starting, a line each, fit for the terminal and the log.</param>
internal sealed class StartException(params IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    /// <summary>Whether it is a mistake in the configuration, which another start does not cure.</summary>
    public bool IsMistake { get; init; }

    /// <summary>Everything that keeps it from starting, a line each.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
