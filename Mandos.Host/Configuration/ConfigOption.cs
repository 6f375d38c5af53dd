namespace Mandos.Host.Configuration;

/// <summary>An option in a document: where it stands. Its value is read with <see cref="ConfigDocument.TryRead"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Line">Its line, counted through all files of the document.</param>
/// <param name="Start">Where its value starts in the document's bytes.</param>
/// <param name="End">Where the last line of its value ends.</param>
internal readonly record struct ConfigOption(OptionName Name, int Line, int Start, int End);
