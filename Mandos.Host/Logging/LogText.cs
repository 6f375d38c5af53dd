using System.Globalization;
using System.Reflection;
using System.Text;

namespace Mandos.Host.Logging;

/// <summary>Makes text fit for one line of a log or a terminal.</summary>
internal static class LogText
{
    /// <summary>Escapes what could end the line, move the cursor or reorder the text: peers choose part of what is logged.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The text with <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\xNN</c> and <c>\uNNNN</c> in place of such characters.</returns>
    public static string Escape(string text)
    {
        var first = 0;
        while (first < text.Length && !NeedsEscape(text, first))
        {
            first++;
        }

        if (first == text.Length)
        {
            return text;
        }

        var escaped = new StringBuilder(text, 0, first, text.Length + 16);
        for (var i = first; i < text.Length; i++)
        {
            if (NeedsEscape(text, i))
            {
                AppendEscape(escaped, text[i]);
            }
            else
            {
                escaped.Append(text[i]);
            }
        }

        return escaped.ToString();
    }

    /// <summary>The message of an exception, which may be one of a plugin's own class.</summary>
    private static string MessageOf(Exception exception)
    {
        try
        {
            return exception.Message ?? "";
        }
        catch (Exception)
        {
            // Then it has none
            return "";
        }
    }

    /// <summary>The messages of an exception and its causes on one line, without stack traces.</summary>
    public static string Summarize(Exception exception)
    {
        var summary = new StringBuilder();
        for (var e = exception; e is not null; e = e.InnerException)
        {
            // It says only that there is an inner exception.
            if (e is TargetInvocationException && e.InnerException is not null)
            {
                continue;
            }

            var message = string.Join(' ', MessageOf(e).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            if (message.Length == 0)
            {
                message = e.GetType().Name;
            }

            // Some wrappers repeat the message of what they wrap.
            if (!summary.ToString().Contains(message, StringComparison.Ordinal))
            {
                summary.Append(summary.Length == 0 ? "" : ": ").Append(message);
            }
        }

        return Escape(summary.ToString());
    }

    private static bool NeedsEscape(string text, int index)
    {
        var c = text[index];
        if (c is >= ' ' and <= '~')
        {
            return false;
        }

        return char.GetUnicodeCategory(c) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Format => true,
            UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
            UnicodeCategory.Surrogate => !IsInSurrogatePair(text, index),
            _ => false,
        };
    }

    private static bool IsInSurrogatePair(string text, int index)
        => char.IsHighSurrogate(text[index])
            ? index + 1 < text.Length && char.IsLowSurrogate(text[index + 1])
            : index > 0 && char.IsHighSurrogate(text[index - 1]);

    private static void AppendEscape(StringBuilder escaped, char c)
    {
        _ = c switch
        {
            '\n' => escaped.Append("\\n"),
            '\r' => escaped.Append("\\r"),
            '\t' => escaped.Append("\\t"),
            <= '\xff' => escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
            _ => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        };
    }
}
