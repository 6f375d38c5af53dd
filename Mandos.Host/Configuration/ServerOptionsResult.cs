namespace Mandos.Host.Configuration;

/// <summary>What <see cref="ServerOptionsLoader"/> found.</summary>
internal sealed record ServerOptionsResult
{
    /// <summary>The options; null if there is any problem or a usage error.</summary>
    public ServerOptions? Options { get; init; }

    /// <summary>The options as far as they could be read, with defaults for the others.</summary>
    public required ServerOptions Readable { get; init; }

    /// <summary>Everything that is wrong: fatal.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; init; } = [];

    /// <summary>Whether <c>mandos.conf</c> could not be read, but may be readable later.</summary>
    public bool IsUnread { get; init; }

    /// <summary>Doubtful options, which are accepted: each is logged as a warning.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; init; } = [];

    /// <summary>What the command line lacks, in one line, or null; for <c>CommandLineParser.UsageError</c>.</summary>
    public string? UsageError { get; init; }

    /// <summary>What to log at INFO.</summary>
    public IReadOnlyList<ConfigProblem> Notes { get; init; } = [];
}
