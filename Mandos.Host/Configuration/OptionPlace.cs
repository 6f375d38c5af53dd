namespace Mandos.Host.Configuration;

/// <summary>Where an option is set.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Line">Its line, counted through all files.</param>
/// <param name="IsKnown">Whether the server knows it; others are for checkers.</param>
internal readonly record struct OptionPlace(string Name, int Line, bool IsKnown)
{
    /// <summary>What mandos-keygen(8) of a client with an SSH server writes for people to read; Debian's server has no use for it either.</summary>
    private const string ForPeople = "ssh_fingerprint";

    /// <summary>Where an option of a document is set.</summary>
    /// <param name="option">The option.</param>
    public static OptionPlace Of(in ConfigOption option)
        => new(option.Name.Text, option.Line, IsKnown: option.Name.Tag != OptionName.None || option.Name.Text == ForPeople);
}
