using System.Buffers;
using System.Text;

namespace Mandos.Host.Configuration;

/// <summary>The names of all options in a document.</summary>
internal sealed class OptionNames
{
    private readonly Dictionary<string, OptionName> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OptionName>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public OptionNames() => _lookup = _names.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Finds a name.</summary>
    /// <param name="utf8">The name as written, in any case.</param>
    /// <param name="add">Whether to add it where it is new.</param>
    /// <returns>Null if it is new and is not to be added.</returns>
    public OptionName? Find(ReadOnlySpan<byte> utf8, bool add)
    {
        Span<char> buffer = stackalloc char[64];
        int length = 0;
        bool isSimple = utf8.Length <= buffer.Length && Ascii.ToLower(utf8, buffer, out length) == OperationStatus.Done;
        ReadOnlySpan<char> text = isSimple
            ? buffer[..length]
            : ToLower(Encoding.UTF8.GetString(utf8));
        if (!_lookup.TryGetValue(text, out OptionName? name) && add)
        {
            name = new OptionName(text.ToString());
            _names.Add(name.Text, name);
        }

        return name;
    }

    /// <summary>As Python does, but for a final capital sigma: it becomes ς there and σ here, and nobody minds.</summary>
    private static string ToLower(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
}
