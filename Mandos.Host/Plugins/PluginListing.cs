using System.Text;
using System.Text.Json;
using Mandos.Host.Logging;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Plugins;

/// <summary>Shows the plugins, for <c>--list-plugins</c>.</summary>
internal static class PluginListing
{
    private const string Unknown = "-";

    /// <summary>Writes a table for people: a line for each plugin, and one below it with the reason where it is not in use.</summary>
    /// <param name="plugins">The plugins.</param>
    /// <param name="directory">Where they were looked for.</param>
    /// <param name="writer">Gets the table.</param>
    public static void Write(IReadOnlyList<PluginDescription> plugins, string directory, TextWriter writer)
    {
        if (plugins.Count == 0)
        {
            writer.WriteLine($"There are no plugins in {LogText.Escape(Path.GetFullPath(directory))}.");
            return;
        }

        string[][] rows = [["Name", "Version", "Contract", "State", "Exports"], .. plugins.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        for (int i = 0; i < rows.Length; i++)
        {
            writer.WriteLine(string.Join("  ", rows[i].Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
            if (i > 0 && plugins[i - 1] is { Reason: { } reason } plugin)
            {
                writer.WriteLine(LogText.Escape($"    {reason} ({plugin.File})"));
            }
        }
    }

    /// <summary>Writes a JSON array for programs, described in mandos(8).</summary>
    /// <param name="plugins">The plugins.</param>
    /// <param name="writer">Gets the array, and a newline.</param>
    public static void WriteJson(IReadOnlyList<PluginDescription> plugins, TextWriter writer)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new() { Indented = true }))
        {
            json.WriteStartArray();
            foreach (PluginDescription plugin in plugins)
            {
                Write(plugin, json);
            }

            json.WriteEndArray();
        }

        writer.WriteLine(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length));
    }

    private static string[] Row(PluginDescription plugin) =>
    [
        LogText.Escape(plugin.Name),
        LogText.Escape(plugin.Version ?? Unknown),
        plugin.Contract?.ToString(2) ?? Unknown,
        plugin.State.ToString(),
        LogText.Escape(string.Join(", ", plugin.Exports.Select(export => $"{export.Kind} {export.Name}"))),
    ];

    private static void Write(PluginDescription plugin, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", plugin.Name);
        json.WriteString("version", plugin.Version);
        json.WriteString("contract", plugin.Contract?.ToString(2));
        json.WriteString("state", plugin.State.ToString());
        json.WriteString("reason", plugin.Reason);
        json.WriteString("file", plugin.File);
        json.WriteStartArray("exports");
        foreach (ExportDescription export in plugin.Exports)
        {
            json.WriteStartObject();
            json.WriteString("kind", export.Kind.Name);
            json.WriteString("name", export.Name);
            Write("settings", export.Settings, json);
            Write("options", export.Options, json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(string name, IReadOnlyList<string> texts, Utf8JsonWriter json)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
