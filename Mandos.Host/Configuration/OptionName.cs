namespace Mandos.Host.Configuration;

/// <summary>The name of an option, lower-cased; one object for each name in a document, so names compare by reference.</summary>
/// <param name="text">The name.</param>
internal sealed class OptionName(string text)
{
    /// <summary>Value of <see cref="DefaultIndex"/> where <c>[DEFAULT]</c> lacks the option.</summary>
    public const int None = -1;

    /// <summary>The name.</summary>
    public string Text { get; } = text;

    /// <summary>Place of the option among those of <c>[DEFAULT]</c>, or <see cref="None"/>.</summary>
    public int DefaultIndex { get; set; } = None;

    /// <summary>The last section that set the option: finds a repeated one without a search.</summary>
    public ConfigSection? LastSection { get; set; }

    /// <summary>Where it did.</summary>
    public int LastLine { get; set; }

    /// <summary>A number of the reader's for the options that it knows, or <see cref="None"/>.</summary>
    public int Tag { get; set; } = None;

    /// <inheritdoc/>
    public override string ToString() => Text;
}
