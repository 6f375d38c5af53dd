using System.Globalization;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Listing;

/// <summary>The clients as JSON, byte for byte as Debian's of what its server has: indented by four, and ASCII alone.</summary>
internal static class ClientJson
{
    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, IReadOnlyList<Client> clients)
    {
        output.Write('{');
        string separator = "\n";
        IReadOnlyList<ClientColumn> columns = ClientColumn.Of(clients);
        foreach (Client client in clients)
        {
            output.Write(separator);
            output.Write("    ");
            WriteText(output, client.Name);
            output.Write(": {");
            string comma = "\n";
            foreach (ClientColumn column in columns)
            {
                output.Write(comma);
                output.Write("        ");
                WriteText(output, column.Property);
                output.Write(": ");
                WriteValue(output, column.Value(client));
                comma = ",\n";
            }

            output.Write("\n    }");
            separator = ",\n";
        }

        output.Write(clients.Count > 0 ? "\n}\n" : "}\n");
    }

    private static void WriteValue(TextWriter output, object value)
    {
        switch (value)
        {
            case string text:
                WriteText(output, text);
                break;
            case bool truth:
                output.Write(truth ? "true" : "false");
                break;
            default:
                output.Write(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteText(TextWriter output, string text)
    {
        output.Write('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    output.Write('\\');
                    output.Write(c);
                    break;
                case '\n':
                    output.Write("\\n");
                    break;
                case '\r':
                    output.Write("\\r");
                    break;
                case '\t':
                    output.Write("\\t");
                    break;
                case '\b':
                    output.Write("\\b");
                    break;
                case '\f':
                    output.Write("\\f");
                    break;
                case >= ' ' and <= '~':
                    output.Write(c);
                    break;
                default:
                    output.Write(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
                    break;
            }
        }

        output.Write('"');
    }
}
