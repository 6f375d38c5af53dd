using Mandos.DBus.Tests.Support;

namespace Mandos.DBus.Tests;

/// <summary>Bytes worked out by hand from the D-Bus specification, sections "Marshaling" and "Message Protocol".</summary>
public sealed class VectorTests
{
    private delegate void Write(MessageWriter writer);

    private const string BasicsLittle =
        "2a 00 fe ff" + // y 42, padding, n -2
        "fd ff 00 00" + // q 65533, padding
        "01 00 00 00" + // b true
        "fc ff ff ff" + // i -4
        "fb ff ff ff" + // u 4294967291
        "00 00 00 00" + // padding to 8
        "fa ff ff ff ff ff ff ff" + // x -6
        "08 07 06 05 04 03 02 01" + // t
        "00 00 00 00 00 00 f8 3f" + // d 1.5
        "03 00 00 00 c3 a9 21 00" + // s "é!"
        "02 00 00 00 2f 61 00" + // o "/a"
        "02 61 73 00"; // g "as"

    private const string BasicsBig =
        "2a 00 ff fe" +
        "ff fd 00 00" +
        "00 00 00 01" +
        "ff ff ff fc" +
        "ff ff ff fb" +
        "00 00 00 00" +
        "ff ff ff ff ff ff ff fa" +
        "01 02 03 04 05 06 07 08" +
        "3f f8 00 00 00 00 00 00" +
        "00 00 00 03 c3 a9 21 00" +
        "00 00 00 02 2f 61 00" +
        "02 61 73 00";

    [Fact]
    public void Write_BasicTypes_HasTheirBytes() => AssertBody(BasicsLittle, "ynqbiuxtdsog", writer =>
    {
        writer.WriteByte(42);
        writer.WriteInt16(-2);
        writer.WriteUInt16(65533);
        writer.WriteBool(true);
        writer.WriteInt32(-4);
        writer.WriteUInt32(4294967291);
        writer.WriteInt64(-6);
        writer.WriteUInt64(0x0102030405060708);
        writer.WriteDouble(1.5);
        writer.WriteString("é!");
        writer.WriteObjectPath("/a");
        writer.WriteSignature("as");
    });

    [Theory]
    [InlineData(BasicsLittle, false)]
    [InlineData(BasicsBig, true)]
    public void Read_BasicTypes_HasTheirValues(string hex, bool isBigEndian)
    {
        Reader reader = new(Hex.Bytes(hex), isBigEndian);

        Assert.Equal(42, reader.ReadByte());
        Assert.Equal(-2, reader.ReadInt16());
        Assert.Equal(65533, reader.ReadUInt16());
        Assert.True(reader.ReadBool());
        Assert.Equal(-4, reader.ReadInt32());
        Assert.Equal(4294967291, reader.ReadUInt32());
        Assert.Equal(-6, reader.ReadInt64());
        Assert.Equal(0x0102030405060708ul, reader.ReadUInt64());
        Assert.Equal(1.5, reader.ReadDouble());
        Assert.Equal("é!", reader.ReadString());
        Assert.Equal("/a", reader.ReadObjectPath());
        Assert.Equal("as", reader.ReadSignature());
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void WriteMethodCallHeader_AllFields_HasTheirBytes()
    {
        MessageWriter writer = new(1 << 20);
        writer.WriteMethodCallHeader("b.c", "/p", "i.j", "M", "u", MessageFlags.NoAutoStart);
        writer.WriteUInt32(5);
        using MessageBuffer message = writer.CreateMessage();
        message.SetSerial(0x01020304);

        Assert.Equal(
            Hex.Bytes(
                "6c 01 02 01 04 00 00 00 04 03 02 01 47 00 00 00" +
                "01 01 6f 00 02 00 00 00 2f 70 00 00 00 00 00 00" +
                "02 01 73 00 03 00 00 00 69 2e 6a 00 00 00 00 00" +
                "03 01 73 00 01 00 00 00 4d 00 00 00 00 00 00 00" +
                "06 01 73 00 03 00 00 00 62 2e 63 00 00 00 00 00" +
                "08 01 67 00 01 75 00 00" + // the array of fields ends one byte before this
                "05 00 00 00"),
            message.ToArray());
        Message read = Message.Parse(message.ToArray());
        Assert.Equal(
            ("b.c", "/p", "i.j", "M", "u", MessageFlags.NoAutoStart, 0x01020304u),
            (read.Destination, read.Path, read.Interface, read.Member, read.Signature, read.Flags, read.Serial));
    }

    [Fact]
    public void Write_ArrayOfByte_HasItsBytes()
        => AssertBody("03 00 00 00 01 02 03", "ay", writer => writer.WriteArrayOfByte([1, 2, 3]));

    [Fact]
    public void Write_ArrayOfString_HasItsBytes()
        => AssertBody(
            "0e 00 00 00 01 00 00 00 61 00 00 00 01 00 00 00 62 00", "as", writer => writer.WriteArrayOfString(["a", "b"]));

    [Fact]
    public void Write_EmptyArrayOfLongs_IsPaddedToTheElement()
        => AssertBody(
            "00 00 00 00 00 00 00 00", "at", writer => writer.WriteArrayEnd(writer.WriteArrayStart(DBusType.UInt64)));

    [Fact]
    public void Write_Dictionary_HasItsBytes()
        => AssertBody(
            "20 00 00 00 00 00 00 00" + // 32 bytes, which the padding before the first entry is not part of
            "01 00 00 00 6b 00 01 79 00 07 00 00 00 00 00 00" + // "k": byte 7, padding to the next entry
            "01 00 00 00 6c 00 01 75 00 00 00 00 08 00 00 00", // "l": uint32 8
            "a{sv}",
            writer =>
            {
                ArrayStart start = writer.WriteDictionaryStart();
                writer.WriteDictionaryEntryStart();
                writer.WriteString("k");
                writer.WriteVariantByte(7);
                writer.WriteDictionaryEntryStart();
                writer.WriteString("l"u8);
                writer.WriteVariantUInt32(8);
                writer.WriteDictionaryEnd(start);
            });

    [Fact]
    public void Write_StructuresInArrayInStructure_HasItsBytes()
        => AssertBody(
            "01 00 00 00 10 00 00 00" + // byte 1; 16 bytes of structures
            "02 03 00 00 04 00 00 00" + // byte, byte, uint32
            "05 06 00 00 07 00 00 00" +
            "09 00", // uint16 behind the array
            "(ya(yyu)q)",
            writer =>
            {
                writer.WriteStructureStart();
                writer.WriteByte(1);
                ArrayStart start = writer.WriteArrayStart(DBusType.Struct);
                writer.WriteStructureStart();
                writer.WriteByte(2);
                writer.WriteByte(3);
                writer.WriteUInt32(4);
                writer.WriteStructureStart();
                writer.WriteByte(5);
                writer.WriteByte(6);
                writer.WriteUInt32(7);
                writer.WriteArrayEnd(start);
                writer.WriteUInt16(9);
            });

    [Fact]
    public void Write_VariantInVariant_HasItsBytes()
        => AssertBody(
            "01 76 00 01 75 00 00 00 2a 00 00 00",
            "v",
            writer => writer.WriteVariant(VariantValue.Variant(VariantValue.UInt32(42))));

    [Theory]
    [InlineData("00 00 00 04 00 05 00 06", "aq", "[5, 6]")]
    [InlineData("00 00 00 04 00 00 00 05", "au", "[5]")]
    [InlineData("01 74 00 00 00 00 00 00 00 00 00 00 00 00 00 2a", "v", "<42>")]
    [InlineData("00 00 00 0a 00 00 00 00 00 00 00 01 6b 00 01 79 00 07", "a{sv}", "{k: <7>}")]
    [InlineData("00 00 00 0c 00 00 00 04 00 00 00 09 00 00 00 00", "aau", "[[9], []]")]
    public void Read_BigEndianContainers_HaveTheirValues(string hex, string signature, string text)
    {
        Reader reader = new(Hex.Bytes(hex), isBigEndian: true);

        VariantValue value = Assert.Single(reader.ReadValues(signature));

        Assert.Equal(text, value.ToString());
        Assert.Equal(0, reader.Remaining);
    }

    private static void AssertBody(string hex, string signature, Write write)
    {
        MessageWriter writer = new(1 << 20);
        writer.WriteMethodReturnHeader(1, null, signature);
        int start = writer.Length;
        write(writer);
        using MessageBuffer message = writer.CreateMessage();
        Assert.Equal(Convert.ToHexString(Hex.Bytes(hex)), Convert.ToHexString(message.ToArray().AsSpan(start)));
    }
}
