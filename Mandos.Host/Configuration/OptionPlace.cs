namespace Mandos.Host.Configuration;

/// <summary>Where an option is set.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Line">Its line, counted through all files.</param>
/// <param name="IsKnown">Whether the server knows it; others are for checkers.</param>
internal readonly record struct OptionPlace(string Name, int Line, bool IsKnown);
