namespace Mandos.Host.Plugins.Steering;

/// <summary>The settings that a plugin declares: flat names, in which <c>*</c> between points stands for a name of the administrator's or a number.</summary>
/// <param name="declared">What the plugin declares.</param>
internal sealed class KnownSettings(IEnumerable<string> declared)
{
    private const char Separator = '.';
    private const string Any = "*";

    private readonly string[][] _declared = [.. declared.Distinct().Select(static name => name.Split(Separator))];

    /// <summary>Whether the plugin takes a setting.</summary>
    public bool Contains(string name) => name.Split(Separator) is var parts && _declared.Any(known => known.Length == parts.Length && Fits(known, parts) == parts.Length);

    /// <summary>Says what there can be in the place of a setting that there is not.</summary>
    public string Suggest(string name)
    {
        var parts = name.Split(Separator);
        if (_declared.Length == 0)
        {
            return "it takes none";
        }

        var depth = _declared.Max(known => Fits(known, parts));
        string[] next = [.. _declared.Where(known => Fits(known, parts) == depth && known.Length > depth).Select(known => known[depth]).Distinct()];
        return next.Length == 0 ? $"{string.Join(Separator, parts[..depth])} has to be a text or a number"
            : next is [Any] ? $"below {string.Join(Separator, parts[..depth])} it takes names, each with a colon, or a list"
            : $"{(depth == 0 ? "it" : string.Join(Separator, parts[..depth]))} takes {string.Join(", ", next.Where(static one => one != Any))}";
    }

    /// <summary>How many parts at the beginning of a name fit.</summary>
    private static int Fits(string[] known, string[] parts)
        => known.Zip(parts).TakeWhile(static pair => pair.First == Any ? pair.Second.Length > 0 : pair.First == pair.Second).Count();
}
