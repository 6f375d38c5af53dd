using Mandos.DBus;

namespace Mandos.Fuzz.Targets;

/// <summary>Messages as they come from a bus.</summary>
internal static class DBusSeeds
{
    public static IReadOnlyList<byte[]> Make() =>
    [
        Make(static writer => writer.WriteMethodCallHeader(":1.2", "/a", "b.c", "d", "v"), VariantValue.Struct(
            VariantValue.Byte(1), true, VariantValue.Int16(-1), VariantValue.Int32(-3), VariantValue.UInt64(4))),
        Make(static writer => writer.WriteSignalHeader(null, "/a", "b.c", "d", "v"), VariantValue.Dictionary(
            "s", "v", "a", VariantValue.Variant("text"), "b", VariantValue.Variant(VariantValue.ArrayOfByte([1, 2, 3])))),
        Make(static writer => writer.WriteMethodReturnHeader(3, "b.c", "v"), VariantValue.Array(
            "(gao)", VariantValue.Struct(VariantValue.OfSignature("a{sv}"), VariantValue.Array("o", VariantValue.ObjectPath("/a/b"))))),
    ];

    private static byte[] Make(Action<MessageWriter> writeHeader, VariantValue body)
    {
        using MessageWriter writer = new(1 << 16);
        writeHeader(writer);
        writer.WriteVariant(body);
        using MessageBuffer message = writer.CreateMessage();
        return [.. message.ToArray()];
    }
}
