using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Mandos.WebControl.Pages;

/// <summary>What the compiler makes of an interpolated string for <see cref="Html.Of"/>. Values are safe in elements and in quoted attributes.</summary>
/// <param name="literalLength">Characters of the literals.</param>
/// <param name="formattedCount">How many values there are.</param>
[InterpolatedStringHandler]
internal readonly ref struct HtmlBuilder(int literalLength, int formattedCount)
{
    private const int LikelyLength = 16;

    private static readonly HtmlEncoder _encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _text = new(literalLength + (formattedCount * LikelyLength));

    public void AppendLiteral(string html) => _text.Append(html);

    /// <summary>Encodes a text. Characters that show nothing, or turn what follows, are shown as what they are: something odd.</summary>
    public void AppendFormatted(string? text)
    {
        if (text is not null)
        {
            _text.Append(_encoder.Encode(text.Any(IsOdd) ? string.Concat(text.Select(static c => IsOdd(c) ? '\ufffd' : c)) : text));
        }
    }

    public void AppendFormatted(Html html) => _text.Append(html.ToString());

    public void AppendFormatted(IEnumerable<Html> pieces) => _text.Append(Html.Join(pieces).ToString());

    public void AppendFormatted(long number) => _text.Append(CultureInfo.InvariantCulture, $"{number}");

    public string Take() => _text.ToString();

    private static bool IsOdd(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
