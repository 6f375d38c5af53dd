using Mandos.Host.Configuration;

namespace Mandos.Host.Plugins.Steering;

/// <summary>What <see cref="PluginFileReader"/> found.</summary>
/// <param name="Options">What the file says; what it says well, if there are problems.</param>
/// <param name="Problems">Everything that is wrong: fatal.</param>
internal sealed record PluginFileResult(PluginOptions Options, IReadOnlyList<ConfigProblem> Problems)
{
    /// <summary>Whether the file could not be read, but may be readable later.</summary>
    public bool IsUnread { get; init; }

    /// <summary>Whether the file is there and this user must not read it.</summary>
    public bool IsForbidden { get; init; }
}
