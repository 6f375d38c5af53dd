namespace Mandos.WebControl.Pages;

/// <summary>A piece of HTML. It is made of the literals of the source code, of other pieces, and of texts, which are encoded: nothing else can get in.</summary>
internal readonly struct Html
{
    private readonly string? _text;

    private Html(string text) => _text = text;

    /// <summary>Nothing.</summary>
    public static Html Nothing => default;

    /// <summary>A piece of HTML from an interpolated string, whose literals are HTML and whose values are texts, numbers and other pieces.</summary>
    public static Html Of(HtmlBuilder builder) => new(builder.Take());

    /// <summary>Pieces one after another.</summary>
    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(static piece => piece._text)));

    /// <summary>The piece if something is so, else nothing.</summary>
    public static Html If(bool condition, Func<Html> piece) => condition ? piece() : Nothing;

    /// <inheritdoc/>
    public override string ToString() => _text ?? "";
}
