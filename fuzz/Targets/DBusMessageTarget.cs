#pragma warning disable IDE0130 // It is compiled into more than one project.

using Mandos.DBus;

namespace Mandos.Fuzz;

/// <summary>
/// What the bus may send: a message of any bytes is refused with <see cref="DBusReadException"/> or read, and what was read is
/// written again as the same bytes.
/// </summary>
public static class DBusMessageTarget
{
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        Message message;
        VariantValue[] values;
        int length;
        try
        {
            message = Message.Parse(data.ToArray());
            Reader skipping = message.GetBodyReader();
            skipping.Skip(message.Signature);
            Reader reader = message.GetBodyReader();
            int size = reader.Remaining;
            values = reader.ReadValues(message.Signature);
            length = size - reader.Remaining;
            Check(reader.Remaining == skipping.Remaining, "what is skipped is not what is read");
        }
        catch (DBusReadException)
        {
            return;
        }

        if (values.Length > 0 && !message.IsBigEndian)
        {
            CheckWriting(values, data[^message.GetBodyReader().Remaining..][..length]);
        }
    }

    /// <summary>A structure in a variant begins at a multiple of 8 as a body does, so its fields have the body's bytes.</summary>
    private static void CheckWriting(VariantValue[] values, ReadOnlySpan<byte> body)
    {
        MessageWriter writer = new(256 << 20);
        try
        {
            writer.WriteMethodReturnHeader(1, null, "v");
            writer.WriteVariant(VariantValue.Struct(values));
            using MessageBuffer written = writer.CreateMessage();
            Check(written.ToArray().AsSpan()[^body.Length..].SequenceEqual(body), "what is written is not what was read");
        }
        catch (DBusWriteException)
        {
            // A structure and a variant more may be too deep, its signature too long; and descriptors are never written.
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void Check(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidOperationException(problem);
        }
    }
}
