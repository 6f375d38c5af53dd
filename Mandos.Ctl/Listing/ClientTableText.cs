using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Listing;

/// <summary>The clients as a table, byte for byte as Debian's.</summary>
internal static class ClientTableText
{
    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, IReadOnlyList<Client> clients, IReadOnlyList<ClientColumn> columns)
    {
        int[] widths = [.. columns.Select(column => clients
            .Select(client => Width(column.Text(client))).Append(column.Title.Length).Max())];
        WriteLine(output, columns.Select(column => column.Title), widths);
        foreach (Client client in clients)
        {
            WriteLine(output, columns.Select(column => column.Text(client)), widths);
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

    /// <summary>In characters of Unicode, however wide they are on the screen.</summary>
    private static int Width(string text) => text.Length - text.Count(char.IsHighSurrogate);
}
