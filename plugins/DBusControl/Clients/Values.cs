using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Limits;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Clients;

/// <summary>
/// Takes what programs send as the value of a property. Programs written in languages without D-Bus's types are not exact about them,
/// and Debian's server never was.
/// </summary>
internal static class Values
{
    /// <summary>Longest duration, in milliseconds.</summary>
    public const long MaxMilliseconds = long.MaxValue / TimeSpan.TicksPerMillisecond;

    /// <summary>A number of milliseconds, of any numeric type.</summary>
    /// <exception cref="CallException">It is none, or out of range.</exception>
    public static TimeSpan ToDuration(VariantValue value, string property)
    {
        value = Unwrap(value);
        double? number = value.Type switch
        {
            VariantValueType.Double => value.GetDouble(),
            _ => ToInteger(value) is { } integer ? (double)integer : null,
        };
        if (number is null)
        {
            throw CallException.InvalidArgs($"{property} is a number of milliseconds (t); it cannot be of type {TypeOf(value)}");
        }

        // Written so that NaN is out of range.
        if (!(number >= 0 && number <= MaxMilliseconds))
        {
            throw CallException.InvalidArgs(string.Create(
                CultureInfo.InvariantCulture, $"{property} is in milliseconds, from 0 to {MaxMilliseconds}; {number} is not"));
        }

        return value.Type == VariantValueType.Double
            ? TimeSpan.FromMicroseconds(Math.Round(Math.Min(number.Value, MaxMilliseconds - 1) * 1000))
            : TimeSpan.FromMilliseconds((long)ToInteger(value)!.Value);
    }

    /// <summary>A truth value: a number that is not zero, or a text that is not empty, counts as true.</summary>
    /// <exception cref="CallException">It is none of these.</exception>
    public static bool ToBoolean(VariantValue value, string property)
    {
        value = Unwrap(value);
        return value.Type switch
        {
            VariantValueType.Bool => value.GetBool(),
            VariantValueType.Double => value.GetDouble() != 0,
            VariantValueType.String => value.GetString().Length > 0,
            _ when ToInteger(value) is { } integer => integer != 0,
            _ => throw CallException.InvalidArgs($"{property} is true or false (b); it cannot be of type {TypeOf(value)}"),
        };
    }

    /// <summary>A boolean and nothing that is taken for one: so that no secret is given away by mistake.</summary>
    /// <exception cref="CallException">It is none.</exception>
    public static bool RequireBoolean(VariantValue value, string name)
    {
        value = Unwrap(value);
        return value.Type == VariantValueType.Bool
            ? value.GetBool()
            : throw CallException.InvalidArgs($"{name} is true or false (b); it cannot be of type {TypeOf(value)}");
    }

    /// <summary>A text, or the text form of a number.</summary>
    /// <exception cref="CallException">It is none, or too long.</exception>
    public static string ToText(VariantValue value, string property)
    {
        value = Unwrap(value);
        string text = value.Type switch
        {
            VariantValueType.String => value.GetString(),
            VariantValueType.ObjectPath => value.GetObjectPathAsString(),
            VariantValueType.Signature => value.GetSignature().ToString(),
            VariantValueType.Bool => value.GetBool() ? "1" : "0",
            VariantValueType.Double => ToText(value.GetDouble()),
            _ when ToInteger(value) is { } integer => integer.ToString(CultureInfo.InvariantCulture),
            _ => throw CallException.InvalidArgs($"{property} is a text (s); it cannot be of type {TypeOf(value)}"),
        };
        return text.Length <= DBusLimits.TextLength
            ? text
            : throw CallException.InvalidArgs($"{property} may have {DBusLimits.TextLength} characters; this has {text.Length}");
    }

    /// <summary>A reboot that is expected: for how long, in milliseconds, why, and whether it needs no approval.</summary>
    /// <exception cref="CallException">It is none.</exception>
    public static RebootPlan ToReboot(VariantValue value, string name)
    {
        value = Unwrap(value);
        return value is { Type: VariantValueType.Struct, Count: 3 }
            ? ToReboot(ToDuration(value.GetItem(0), name), ToText(value.GetItem(1), name), RequireBoolean(value.GetItem(2), name))
            : throw CallException.InvalidArgs(
                $"{name} is a time in milliseconds, a reason, and whether it needs no approval (tsb); it cannot be of type {TypeOf(value)}");
    }

    /// <inheritdoc cref="ToReboot(VariantValue, string)"/>
    public static RebootPlan ToReboot(TimeSpan time, string reason, bool needsNoApproval)
        => new(time) { Reason = reason.Length == 0 ? null : reason, NeedsNoApproval = needsNoApproval };

    /// <summary>An array of bytes; not a copy.</summary>
    /// <exception cref="CallException">It is none, or too long.</exception>
    public static byte[] ToBytes(VariantValue value, string property)
    {
        byte[] bytes = BytesIn(value)
            ?? throw CallException.InvalidArgs($"{property} is an array of bytes (ay); it cannot be of type {TypeOf(Unwrap(value))}");
        if (bytes.Length > ClientLimits.SecretBytes)
        {
            throw CallException.InvalidArgs($"{property} may have {ClientLimits.SecretBytes} bytes; this has {bytes.Length}");
        }

        return bytes;
    }

    /// <summary>The bytes of a value that is an array of them, however long; not a copy. Null if it is something else.</summary>
    public static byte[]? BytesIn(VariantValue value)
    {
        value = Unwrap(value);
        return value.Type == VariantValueType.Array && value.ItemType == VariantValueType.Byte ? value.GetArray<byte>() : null;
    }

    /// <summary>About how many bytes a value takes that was taken.</summary>
    public static int SizeOf(VariantValue value)
    {
        value = Unwrap(value);
        return value.Type switch
        {
            VariantValueType.String => value.GetString().Length * sizeof(char),
            VariantValueType.Array => value.Count,
            _ => 0,
        };
    }

    /// <summary>What is in variants that are in the variant.</summary>
    private static VariantValue Unwrap(VariantValue value)
    {
        while (value.Type == VariantValueType.Variant)
        {
            value = value.GetVariantValue();
        }

        return value;
    }

    private static Int128? ToInteger(VariantValue value) => value.Type switch
    {
        VariantValueType.Byte => value.GetByte(),
        VariantValueType.Int16 => value.GetInt16(),
        VariantValueType.UInt16 => value.GetUInt16(),
        VariantValueType.Int32 => value.GetInt32(),
        VariantValueType.UInt32 => value.GetUInt32(),
        VariantValueType.Int64 => value.GetInt64(),
        VariantValueType.UInt64 => value.GetUInt64(),
        _ => null,
    };

    /// <summary>As Debian's server has it: always with a point or an exponent.</summary>
    private static string ToText(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        return double.IsFinite(number) && !text.AsSpan().ContainsAny('.', 'E') ? text + ".0" : text;
    }

    /// <summary>Its type, for messages.</summary>
    private static string TypeOf(VariantValue value) => value.Type switch
    {
        VariantValueType.Array => $"a{(char)value.ItemType}",
        VariantValueType.Dictionary => $"a{{{(char)value.KeyType}{(char)value.ValueType}}}",
        VariantValueType.Struct => $"({string.Concat(Enumerable.Range(0, value.Count).Select(i => TypeOf(value.GetItem(i))))})",
        _ => ((char)value.Type).ToString(),
    };
}
