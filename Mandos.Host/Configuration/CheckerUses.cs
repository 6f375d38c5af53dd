namespace Mandos.Host.Configuration;

/// <summary>
/// What the clients' files ask of checkers. It is kept until plugins are loaded, which is after the files are read. Plain clients take no
/// place in it.
/// </summary>
internal sealed record CheckerUses
{
    /// <summary>Clients with another checker than the standard one, if nothing else is wrong with them.</summary>
    public required IReadOnlyList<CheckerUse> Clients { get; init; }

    /// <summary>How many clients have the standard checker.</summary>
    public required int PlainClients { get; init; }

    /// <summary>Line of the first of these; 0 if there is none.</summary>
    public required int FirstPlainLine { get; init; }

    /// <summary>Where these first set each option that the server does not know.</summary>
    public required IReadOnlyList<OptionPlace> PlainOptions { get; init; }

    /// <summary>The options that <c>[DEFAULT]</c> sets.</summary>
    public required IReadOnlyList<OptionPlace> Defaults { get; init; }

    /// <summary>The files that the line numbers refer to.</summary>
    public required SourceLines Lines { get; init; }

    /// <summary>Where an option of a client is set, for a message about it.</summary>
    /// <param name="use">The client.</param>
    /// <param name="option">The option.</param>
    /// <param name="message">The text of the problem.</param>
    /// <returns>A message at the option's line, or at the section's if it is not set.</returns>
    public ConfigProblem At(CheckerUse use, string option, string message)
    {
        OptionPlace place = use.Options.Concat(Defaults).FirstOrDefault(place => place.Name == option);
        return place.Line > 0
            ? Lines.At(place.Line, $"{option}: {message}")
            : Lines.At(use.Line, $"client [{OptionValues.Show(use.Client)}] {option}: {message}");
    }

    /// <summary>Notes the options that neither the server nor a checker knows, each once.</summary>
    /// <param name="isTaken">Whether a checker takes an option: the one of this name, or any where the name is null.</param>
    public IEnumerable<ConfigProblem> NoteUnknown(Func<string?, string, bool> isTaken)
    {
        IEnumerable<OptionPlace> unknown =
        [
            .. Defaults.Where(option => !option.IsKnown && !isTaken(null, option.Name)),
            .. PlainOptions.Where(static option => !option.IsKnown),
            .. Clients.SelectMany(use => use.Options.Where(option => !option.IsKnown && !isTaken(use.Checker, option.Name))),
        ];
        return unknown.OrderBy(option => option.Line).DistinctBy(option => option.Name).Select(option => Lines.At(
            option.Line, $"option {OptionValues.ShowName(option.Name)} is unknown, and no checker in use takes it"));
    }
}
