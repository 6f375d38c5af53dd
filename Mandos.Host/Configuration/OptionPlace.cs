namespace Mandos.Host.Configuration;

/// <summary>Where an option is set.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Line">Its line, counted through all files.</param>
/// <param name="IsKnown">Whether the server knows it; others are for checkers.</param>
internal readonly record struct OptionPlace(string Name, int Line, bool IsKnown)
{
    /// <summary>Where an option of a document is set.</summary>
    /// <param name="option">The option.</param>
    public static OptionPlace Of(in ConfigOption option) => new(option.Name.Text, option.Line, option.Name.Tag != OptionName.None);
}
