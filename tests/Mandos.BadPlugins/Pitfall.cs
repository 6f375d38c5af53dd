namespace Mandos.BadPlugins;

/// <summary>One thing that can be wrong with a plugin.</summary>
/// <param name="Name">Name of the plugin that has it.</param>
/// <param name="State">The state in which the server has to have it once it has read the plugin directory.</param>
/// <param name="Reason">The reason that it has to give, where * stands for anything and {} for the plugin directory; null if it is active.</param>
/// <param name="Write">Writes the plugin into the plugin directory that it is given.</param>
public sealed record Pitfall(string Name, string State, string? Reason, Action<string> Write)
{
    /// <summary>What the log of a running server has to say of it besides: level and part of the text.</summary>
    public IReadOnlyList<(string Level, string Text)> Log { get; init; } = [];

    /// <summary>What the log has to say of it when the server stops.</summary>
    public IReadOnlyList<(string Level, string Text)> LogAtEnd { get; init; } = [];

    /// <summary>Its state in the running server; null if that does not change.</summary>
    public string? LaterState { get; init; }

    /// <summary>Whether root alone can make it.</summary>
    public bool NeedsRoot { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
