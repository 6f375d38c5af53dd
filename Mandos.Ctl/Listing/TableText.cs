using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Listing;

/// <summary>A table, laid out byte for byte as Debian's. Characters that could change the terminal are made harmless.</summary>
internal static class TableText
{
    /// <summary>Writes it.</summary>
    public static void Write<T>(TextWriter output, IReadOnlyList<T> rows, IReadOnlyList<(string Title, Func<T, string> Text)> columns)
    {
        int[] widths = [.. columns.Select(column => rows
            .Select(row => Width(Safe(column.Text(row)))).Append(column.Title.Length).Max())];
        WriteLine(output, columns.Select(column => column.Title), widths);
        foreach (T row in rows)
        {
            WriteLine(output, columns.Select(column => Safe(column.Text(row))), widths);
        }
    }

    private static void WriteLine(TextWriter output, IEnumerable<string> cells, int[] widths)
    {
        int i = 0;
        foreach (string cell in cells)
        {
            output.Write(i == 0 ? "" : " ");
            output.Write(cell);
            for (int width = Width(cell); width < widths[i]; width++)
            {
                output.Write(' ');
            }

            i++;
        }

        output.Write('\n');
    }

    /// <summary>A tab does no harm, and is what Debian's prints.</summary>
    private static string Safe(string text) => string.Join('\t', text.Split('\t').Select(SafeText.From));

    /// <summary>In characters of Unicode, however wide they are on the screen.</summary>
    private static int Width(string text) => text.Length - text.Count(char.IsHighSurrogate);
}
