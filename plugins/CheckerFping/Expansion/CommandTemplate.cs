using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.CheckerFping.Expansion;

/// <summary>
/// The option <c>checker</c>, expanded like <c>template % values</c> in Python, where the values are quoted for the shell.
/// </summary>
/// <remarks>
/// Of Python's conversions those that can be of use are known: <c>%(name)s</c>, <c>r</c> and <c>a</c> with flags, width and
/// precision, and <c>%%</c>. Where <c>r</c>, <c>a</c> or a precision would break the quotes of a value, expansion fails: the
/// shell would run what is in the value.
/// </remarks>
internal static partial class CommandTemplate
{
    /// <summary>Linux passes no longer argument to a program: MAX_ARG_STRLEN, less the final NUL (execve(2)).</summary>
    public const int MaxBytes = 131071;

    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Expands a client's checker command.</summary>
    /// <param name="client">Gives the command and the values.</param>
    /// <returns>The command for the shell, at most <see cref="MaxBytes"/> in UTF-8, without NUL.</returns>
    /// <exception cref="CheckPreparationException">
    /// The command is malformed, or what it gives cannot be passed to a shell.
    /// </exception>
    public static string Expand(ClientSnapshot client)
    {
        int room = MaxBytes;
        string command = Percent().Replace(client.Settings.Checker, match =>
        {
            string text = Convert(match, client);
            // Counted as it grows: a short template could ask for gigabytes of padding.
            room -= text.Length;
            return room >= 0 ? text : throw TooLong();
        });

        if (command.Contains('\0', StringComparison.Ordinal))
        {
            throw new CheckPreparationException("checker: the command contains a NUL character, which no program can be given");
        }

        try
        {
            return _strictUtf8.GetByteCount(command) <= MaxBytes ? command : throw TooLong();
        }
        catch (EncoderFallbackException)
        {
            throw new CheckPreparationException("checker: the command contains half a surrogate pair, which is not valid text");
        }
    }

    private static string Convert(Match match, ClientSnapshot client)
    {
        if (match.Groups["literal"].Success)
        {
            return "%";
        }

        if (!match.Groups["name"].Success)
        {
            throw Malformed(
                match, "after % must come (name)s, where s may have a width and precision as in %(name)-10.5s, or another %");
        }

        string name = match.Groups["name"].Value;
        string value = ClientValues.Find(client, name)
            ?? throw Malformed(match, "there is no such value; there are " + ClientValues.Names);
        string word = ShellWord.Quote(value);
        if (match.Groups["conversion"].Value != "s")
        {
            if (word != value)
            {
                throw Malformed(match, $"the value of {name} needs quoting, which only %({name})s keeps intact");
            }

            // What Python's repr() and ascii() make of a word that needs no quotes.
            word = $"'{word}'";
        }

        if (Number(match, "precision") is { } precision && precision < Length(word))
        {
            if (word[0] == '\'')
            {
                throw Malformed(match, $"the value of {name} is quoted and cannot be cut; leave the precision away");
            }

            word = word[..precision];
        }

        if (Number(match, "width") is { } width)
        {
            string padding = new(' ', Math.Max(0, width - Length(word)));
            word = match.Groups["flags"].Value.Contains('-', StringComparison.Ordinal) ? word + padding : padding + word;
        }

        return word;
    }

    /// <summary>In code points, as Python counts.</summary>
    private static int Length(string word) => word.EnumerateRunes().Count();

    /// <summary>A width or precision; null where there is none.</summary>
    private static int? Number(Match match, string name)
    {
        Group group = match.Groups[name];
        if (!group.Success)
        {
            return null;
        }

        // A point alone is precision 0.
        if (group.Length == 0)
        {
            return 0;
        }

        bool parsed = int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        return parsed && number <= MaxBytes
            ? number
            : throw Malformed(match, $"the {name} must be at most {MaxBytes}");
    }

    private static CheckPreparationException TooLong()
        => new($"checker: the command is longer than {MaxBytes} bytes, the most that a program can be given");

    private static CheckPreparationException Malformed(Match match, string reason)
    {
        const int shownLength = 40;
        string shown = match.Length <= shownLength ? match.Value : match.Value[..shownLength] + "...";
        shown = Control().Replace(shown, "?");
        return new(string.Create(CultureInfo.InvariantCulture, $"checker: character {match.Index + 1}, \"{shown}\": {reason}"));
    }

    /// <summary>
    /// Every percent sign with what belongs to it; with neither <c>literal</c> nor <c>name</c> where it is malformed.
    /// </summary>
    [GeneratedRegex(
        """
        % (?: (?<literal> % )
            | \( (?<name> [^()]* ) \) (?<flags> [-+\ \#0]* ) (?<width> [0-9]+ )? (?: \. (?<precision> [0-9]* ) )? [hlL]?
              (?<conversion> [sra] )
            | .{0,12} )
        """,
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace
        | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Percent();

    [GeneratedRegex(@"[\p{C}]", RegexOptions.CultureInvariant)]
    private static partial Regex Control();
}
