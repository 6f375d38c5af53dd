using System.Globalization;
using System.Text.RegularExpressions;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests.Support;

/// <summary>Messages as a line of text, for comparing; the long names of the interface are shortened.</summary>
internal static partial class WireText
{
    /// <summary>The arguments.</summary>
    public static string Arguments(Message message)
    {
        var reader = message.GetBodyReader();
        var values = new List<string>();
        var signature = message.SignatureAsString;
        for (var at = 0; at < signature.Length;)
        {
            values.Add(Read(ref reader, signature, ref at));
        }

        return Shorten(string.Join(", ", values));
    }

    /// <summary>A signal.</summary>
    public static string Signal(Message message) => Shorten(
        $"{message.PathAsString} {message.InterfaceAsString}.{message.MemberAsString}({Arguments(message)})");

    public static string Of(VariantValue value) => value.Type switch
    {
        VariantValueType.String => Quote(value.GetString()),
        VariantValueType.ObjectPath => value.GetObjectPathAsString(),
        VariantValueType.Bool => value.GetBool() ? "true" : "false",
        VariantValueType.Int16 => Text(value.GetInt16()),
        VariantValueType.UInt16 => Text(value.GetUInt16()),
        VariantValueType.UInt32 => Text(value.GetUInt32()),
        VariantValueType.UInt64 => Text(value.GetUInt64()),
        VariantValueType.Struct => $"({Items(value)})",
        VariantValueType.Array => $"[{Items(value)}]",
        _ => throw new ArgumentException($"no text for {value.Type}"),
    };

    private static string Items(VariantValue value) => string.Join(", ", Enumerable.Range(0, value.Count).Select(i => Of(value.GetItem(i))));

    private static string Read(ref Reader reader, string signature, ref int at)
    {
        switch (signature[at++])
        {
            case 's':
                return Quote(reader.ReadString());
            case 'o':
                return reader.ReadObjectPathAsString();
            case 'b':
                return reader.ReadBool() ? "true" : "false";
            case 'n':
                return Text(reader.ReadInt16());
            case 'u':
                return Text(reader.ReadUInt32());
            case 'x':
                return Text(reader.ReadInt64());
            case 't':
                return Text(reader.ReadUInt64());
            case 'q':
                return Text(reader.ReadUInt16());
            case '(':
                return ReadStruct(ref reader, signature, ref at);
            case 'v':
                return Of(reader.ReadVariantValue());
            case 'a' when signature[at] == '{':
                at++;
                return ReadDictionary(ref reader, signature, ref at);
            case 'a':
                return ReadArray(ref reader, signature, ref at);
            default:
                throw new ArgumentException($"no text for {signature}");
        }
    }

    private static string ReadDictionary(ref Reader reader, string signature, ref int at)
    {
        var entries = new List<string>();
        var element = at;
        var end = reader.ReadDictionaryStart();
        while (reader.HasNext(end))
        {
            at = element;
            reader.AlignStruct();
            var key = Read(ref reader, signature, ref at);
            entries.Add($"{key}: {Read(ref reader, signature, ref at)}");
        }

        at = signature.IndexOf('}', element) + 1;
        for (var depth = signature[element..at].Count(c => c == '{'); depth > 0; depth--)
        {
            at = signature.IndexOf('}', at) + 1;
        }

        return $"{{{string.Join(", ", entries)}}}";
    }

    private static string ReadStruct(ref Reader reader, string signature, ref int at)
    {
        var items = new List<string>();
        reader.AlignStruct();
        while (signature[at] != ')')
        {
            items.Add(Read(ref reader, signature, ref at));
        }

        at++;
        return $"({string.Join(", ", items)})";
    }

    private static string ReadArray(ref Reader reader, string signature, ref int at)
    {
        var items = new List<string>();
        var element = at;
        var end = reader.ReadArrayStart(signature[at] == '(' ? DBusType.Struct : (DBusType)signature[at]);
        while (reader.HasNext(end))
        {
            at = element;
            items.Add(Read(ref reader, signature, ref at));
        }

        at = signature[element] == '(' ? signature.IndexOf(')', element) + 1 : element + 1;
        return $"[{string.Join(", ", items)}]";
    }

    private static string Quote(string text) => $"\"{text}\"";

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Shorten(string text) => LongNames().Replace(text, match => match.Value switch
    {
        Caller.Client => "Client",
        Caller.OldClient => "OldClient",
        Caller.Server => "Server",
        "se.bsnet.fukt.Mandos" => "OldServer",
        _ => "",
    });

    [GeneratedRegex(@"\bse\.(recompile|bsnet\.fukt)\.Mandos(\.Client\b)?|org\.freedesktop\.DBus\.")]
    private static partial Regex LongNames();
}
