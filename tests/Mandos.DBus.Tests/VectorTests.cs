using System.Globalization;

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
        Reader reader = new(Bytes(hex), isBigEndian);

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

    private static void AssertBody(string hex, string signature, Write write)
    {
        MessageWriter writer = new(1 << 20);
        writer.WriteMethodReturnHeader(1, null, signature);
        int start = writer.Length;
        write(writer);
        using MessageBuffer message = writer.CreateMessage();
        Assert.Equal(Convert.ToHexString(Bytes(hex)), Convert.ToHexString(message.ToArray().AsSpan(start)));
    }

    private static byte[] Bytes(string hex)
        => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal).ToUpper(CultureInfo.InvariantCulture));
}
