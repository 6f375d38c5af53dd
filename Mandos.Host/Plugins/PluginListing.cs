using System.Globalization;

namespace Mandos.Host.Plugins;

/// <summary>Shows the plugins to a person, for <c>--list-plugins</c>.</summary>
internal static class PluginListing
{
    /// <summary>Writes a table: a line for each plugin, with the reason where it is not in use.</summary>
    public static void Write(IReadOnlyList<PluginDescription> plugins, TextWriter writer)
    {
        List<string[]> rows = [["Name", "Version", "Contract", "State", "Exports", "Reason"], .. plugins.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            writer.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    private static string[] Row(PluginDescription plugin) =>
    [
        plugin.Name,
        plugin.Version ?? "?",
        plugin.Contract?.ToString(2) ?? "?",
        plugin.State.ToString(),
        string.Join(", ", plugin.Exports.Select(export => string.Create(CultureInfo.InvariantCulture, $"{export.Kind} {export.Name}"))),
        plugin.Reason ?? "",
    ];
}
