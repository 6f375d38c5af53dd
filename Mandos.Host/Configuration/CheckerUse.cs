using Mandos.Abstractions.Clients;

namespace Mandos.Host.Configuration;

/// <summary>A client with another checker than the standard one. Whether that checker is there, and takes its options, plugins decide.</summary>
internal sealed record CheckerUse
{
    /// <summary>Name of the client.</summary>
    public required string Client { get; init; }

    /// <summary>Its settings, of which <see cref="ClientSettings.CheckerPlugin"/> names the checker.</summary>
    public required ClientSettings Settings { get; init; }

    /// <summary>Line of its section.</summary>
    public required int Line { get; init; }

    /// <summary>The options that its own section sets.</summary>
    public required IReadOnlyList<OptionPlace> Options { get; init; }

    /// <summary>The checker.</summary>
    public string Checker => Settings.CheckerPlugin!;
}
