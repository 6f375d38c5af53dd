namespace Mandos.Host.Configuration;

/// <summary>A section of a document.</summary>
/// <param name="name">Its title.</param>
/// <param name="line">Line of its header, counted through all files of the document.</param>
/// <param name="first">Place of its first option among those of all sections.</param>
internal sealed class ConfigSection(string name, int line, int first)
{
    /// <summary>Its title, exactly as written between the brackets.</summary>
    public string Name { get; } = name;

    /// <summary>Line of its header.</summary>
    public int Line { get; } = line;

    /// <summary>Place of its first option.</summary>
    public int First { get; } = first;

    /// <summary>Number of its own options.</summary>
    public int Count { get; set; }

    /// <summary>Whether something is wrong with it, so that it must not be used. In <c>[DEFAULT]</c> that concerns all others.</summary>
    public bool IsFaulty { get; set; }

    /// <summary>The same section, for a part of it that may be faulty by itself.</summary>
    public ConfigSection Part() => new(Name, Line, First) { Count = Count };

    /// <inheritdoc/>
    public override string ToString() => $"[{Name}]";
}
