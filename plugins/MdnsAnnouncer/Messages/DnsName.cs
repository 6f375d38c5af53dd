using System.Text;

namespace Mandos.MdnsAnnouncer.Messages;

/// <summary>A domain name, which is never compressed here; capital letters make no difference (RFC 1035 section 3.1, RFC 6762 section 16).</summary>
internal sealed class DnsName : IEquatable<DnsName>
{
    /// <summary>The longest name in bytes, with the lengths of its labels and the root.</summary>
    public const int MaxLength = 255;

    /// <summary>The longest label in bytes.</summary>
    public const int MaxLabelLength = 63;

    private readonly byte[] _wire;

    private DnsName(byte[] wire) => _wire = wire;

    /// <summary>The name as it stands in a message: labels, each after its length, and a zero.</summary>
    public ReadOnlySpan<byte> Wire => _wire;

    /// <summary>Makes a name of labels, in which any character may be.</summary>
    /// <exception cref="ArgumentException">A label is empty or too long, or the name is too long.</exception>
    public static DnsName Of(params IEnumerable<string> labels)
    {
        List<byte> wire = [];
        foreach (string label in labels)
        {
            byte[] text = Encoding.UTF8.GetBytes(label);
            if (text.Length is 0 or > MaxLabelLength)
            {
                throw new ArgumentException($"“{label}” has {text.Length} bytes; a part of a name has 1 to {MaxLabelLength}", nameof(labels));
            }

            wire.Add((byte)text.Length);
            wire.AddRange(text);
        }

        wire.Add(0);
        return wire.Count <= MaxLength
            ? new DnsName([.. wire])
            : throw new ArgumentException($"a name has at most {MaxLength} bytes, not {wire.Count}", nameof(labels));
    }

    /// <summary>Makes a name of what <see cref="MessageReader"/> has read.</summary>
    /// <param name="wire">The name, not compressed; it is copied.</param>
    public static DnsName OfWire(ReadOnlySpan<byte> wire) => new(wire.ToArray());

    /// <summary>Compares names.</summary>
    /// <param name="first">One, not compressed.</param>
    /// <param name="second">The other, not compressed.</param>
    /// <returns>Whether they are the same but for ASCII's capital letters.</returns>
    /// <remarks>The lengths of labels are below the codes of letters, so that all bytes can be treated alike.</remarks>
    public static bool AreEqual(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.Length != second.Length)
        {
            return false;
        }

        for (int i = 0; i < first.Length; i++)
        {
            if (ToLower(first[i]) != ToLower(second[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(DnsName? other) => other is not null && AreEqual(_wire, other._wire);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DnsName);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (byte one in _wire)
        {
            hash.Add(ToLower(one));
        }

        return hash.ToHashCode();
    }

    private static byte ToLower(byte one) => one is >= (byte)'A' and <= (byte)'Z' ? (byte)(one | 0x20) : one;
}
