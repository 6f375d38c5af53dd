using CsCheck;

namespace Mandos.DBus.Tests;

/// <summary>What is refused before anything is sent, and what comes back as it was written.</summary>
public sealed class WriterTests
{
    private static readonly Gen<string> _text = Gen.OneOf(
        Gen.String[Gen.Char['\u0001', '\ud7ff'], 0, 20],
        Gen.Const("\U0001f600"));

    private static readonly Gen<VariantValue> _basic = Gen.OneOf(
        Gen.Byte.Select(VariantValue.Byte),
        Gen.Bool.Select(VariantValue.Bool),
        Gen.Short.Select(VariantValue.Int16),
        Gen.UShort.Select(VariantValue.UInt16),
        Gen.Int.Select(VariantValue.Int32),
        Gen.UInt.Select(VariantValue.UInt32),
        Gen.Long.Select(VariantValue.Int64),
        Gen.ULong.Select(VariantValue.UInt64),
        Gen.Double.Select(VariantValue.Double),
        _text.Select(VariantValue.String),
        Gen.OneOf(Gen.Const("/"), Gen.Const("/a"), Gen.Const("/a_1/B2")).Select(VariantValue.ObjectPath),
        Gen.OneOf(Gen.Const(""), Gen.Const("s"), Gen.Const("a{sv}(i(u))")).Select(VariantValue.OfSignature));

    private static readonly Gen<VariantValue> _any = Gen.Recursive<VariantValue>((depth, self) => depth > 3 ? _basic : Gen.OneOf(
        _basic,
        Gen.Byte.Array[0, 20].Select(VariantValue.ArrayOfByte),
        self.Select(VariantValue.Variant),
        self.Array[1, 4].Select(fields => VariantValue.Struct(fields)),
        Gen.Select(self, Gen.Int[0, 4], (item, count) => VariantValue.Array(item.Signature, [.. Enumerable.Repeat(item, count)])),
        Gen.Select(_basic, self, (key, value) => VariantValue.Dictionary(key.Signature, value.Signature, key, value))));

    private delegate void Write(MessageWriter writer);

    [Fact]
    public void WriteVariant_AnyValue_IsReadAsWritten() => _any.Sample(value =>
    {
        MessageWriter writer = new(1 << 20);
        writer.WriteSignalHeader(null, "/a", "b.c", "d", "vy");
        writer.WriteVariant(value);
        writer.WriteByte(0x55);
        using MessageBuffer message = writer.CreateMessage();
        message.SetSerial(1);
        byte[] bytes = message.ToArray();

        Reader reader = Message.Parse(bytes).GetBodyReader();
        VariantValue read = reader.ReadVariantValue();
        byte end = reader.ReadByte();
        Reader skipping = Message.Parse(bytes).GetBodyReader();
        skipping.Skip("vy");

        return read.Signature == value.Signature && read.ToString() == value.ToString() && end == 0x55
            && reader.Remaining == 0 && skipping.Remaining == 0;
    });

    [Fact]
    public void WriteString_NoText_IsRefused()
    {
        // Not as attributes, which keep their strings as UTF-8.
        foreach (string text in (string[])["a\0b", "\ud83d", "\ude00\ud83d", new string('x', 10_000) + '\ud83d'])
        {
            AssertRefused("s", writer => writer.WriteString(text));
            AssertRefused("v", writer => writer.WriteVariantString(text));
            AssertRefused("v", writer => writer.WriteVariant(text));
        }
    }

    [Fact]
    public void WriteString_BadUtf8_IsRefused()
    {
        AssertRefused("s", writer => writer.WriteString([0xc3, 0x28]));
        AssertRefused("s", writer => writer.WriteString("a\0"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a/")]
    [InlineData("//")]
    [InlineData("/a-b")]
    [InlineData("/é")]
    public void WriteObjectPath_NotValid_IsRefused(string path)
    {
        AssertRefused("o", writer => writer.WriteObjectPath(path));
        Assert.Throws<DBusWriteException>(() => new MessageWriter(1 << 16).WriteMethodCallHeader(null, path, null, "M"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("a..b")]
    [InlineData(".a.b")]
    [InlineData("a.b.")]
    [InlineData("a.1b")]
    [InlineData("a.b-c")]
    [InlineData("a.é")]
    public void WriteHeader_BadInterface_IsRefused(string name)
    {
        Assert.Throws<DBusWriteException>(() => new MessageWriter(1 << 16).WriteSignalHeader(null, "/", name, "M"));
        Assert.Throws<DBusWriteException>(() => new MessageWriter(1 << 16).WriteError(1, null, name, null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("1a")]
    [InlineData("a-b")]
    public void WriteHeader_BadMember_IsRefused(string name)
        => Assert.Throws<DBusWriteException>(() => new MessageWriter(1 << 16).WriteSignalHeader(null, "/", "a.b", name));

    [Theory]
    [InlineData("", false)]
    [InlineData(":", false)]
    [InlineData(":1", false)]
    [InlineData("a", false)]
    [InlineData("a.1", false)]
    [InlineData("a b.c", false)]
    [InlineData(":1.2", true)]
    [InlineData("a-b.c_d", true)]
    public void WriteHeader_Destination_IsChecked(string name, bool isValid)
    {
        Exception? fault = Record.Exception(() => new MessageWriter(1 << 16).WriteMethodCallHeader(name, "/", null, "M"));

        Assert.Equal(isValid, fault == null);
        Assert.True(isValid || fault is DBusWriteException);
    }

    [Fact]
    public void WriteHeader_NamesOf255Bytes_AreTheLongest()
    {
        string longest = "a." + new string('b', 253);
        new MessageWriter(1 << 16).WriteSignalHeader(longest, "/", longest, new string('m', 255));

        Assert.Throws<DBusWriteException>(() => new MessageWriter(1 << 16).WriteSignalHeader(longest + "b", "/", "a.b", "m"));
        Assert.Throws<DBusWriteException>(() => new MessageWriter(1 << 16).WriteSignalHeader(null, "/", longest + "b", "m"));
        Assert.Throws<DBusWriteException>(
            () => new MessageWriter(1 << 16).WriteSignalHeader(null, "/", "a.b", new string('m', 256)));
    }

    [Theory]
    [InlineData("a", false)]
    [InlineData("()", false)]
    [InlineData("(", false)]
    [InlineData("(i", false)]
    [InlineData("i)", false)]
    [InlineData("{sv}", false)]
    [InlineData("a{vs}", false)]
    [InlineData("a{s}", false)]
    [InlineData("a{sss}", false)]
    [InlineData("a{(i)s}", false)]
    [InlineData("z", false)]
    [InlineData("é", false)]
    [InlineData("", true)]
    [InlineData("a{s(iaa{yv})}h", true)]
    public void WriteSignature_IsChecked(string signature, bool isValid)
    {
        if (isValid)
        {
            WriteAll("g", writer => writer.WriteSignature(signature));
        }
        else
        {
            AssertRefused("g", writer => writer.WriteSignature(signature));
        }
    }

    [Fact]
    public void WriteSignature_AtTheLimits_IsTheDeepestAndLongest()
    {
        WriteAll("g", writer => writer.WriteSignature(new string('a', 32) + "y"));
        WriteAll("g", writer => writer.WriteSignature(new string('(', 32) + "y" + new string(')', 32)));
        WriteAll("g", writer => writer.WriteSignature(new string('y', 255)));

        AssertRefused("g", writer => writer.WriteSignature(new string('a', 33) + "y"));
        AssertRefused("g", writer => writer.WriteSignature(new string('(', 33) + "y" + new string(')', 33)));
        AssertRefused("g", writer => writer.WriteSignature(new string('y', 256)));
    }

    [Fact]
    public void WriteVariant_SixtyFourDeep_IsTheDeepest()
    {
        WriteAll("v", writer => writer.WriteVariant(Nested(63)));
        AssertRefused("v", writer => writer.WriteVariant(Nested(64)));
        WriteAll("a(yv)", writer => WriteInStructure(writer, Nested(61)));
        AssertRefused("a(yv)", writer => WriteInStructure(writer, Nested(62)));

        static VariantValue Nested(int depth)
            => Enumerable.Range(0, depth).Aggregate(VariantValue.Byte(1), (value, _) => VariantValue.Variant(value));

        static void WriteInStructure(MessageWriter writer, VariantValue value)
        {
            ArrayStart start = writer.WriteArrayStart(DBusType.Struct);
            writer.WriteStructureStart();
            writer.WriteByte(1);
            writer.WriteVariant(value);
            writer.WriteArrayEnd(start);
        }
    }

    [Fact]
    public void ReadVariantValue_DeeperThanSixtyFour_IsRefused()
    {
        byte[] deep = [.. Enumerable.Repeat<byte[]>([1, (byte)'v', 0], 64).SelectMany(part => part), 1, (byte)'y', 0, 7];

        Assert.Throws<DBusReadException>(() => new Reader(deep, isBigEndian: false).ReadVariantValue());
        Assert.Throws<DBusReadException>(() => new Reader(deep, isBigEndian: false).Skip("v"));
        Assert.Equal(DBusType.Variant, new Reader(deep.AsSpan(3), isBigEndian: false).ReadVariantValue().Type);
        new Reader(deep.AsSpan(3), isBigEndian: false).Skip("v");
    }

    [Fact]
    public void ReadVariantValue_MoreValuesThanAllowed_IsRefused()
    {
        byte[] many = new byte[8 + (4 * (1 << 18))];
        "\u0002aq\0"u8.CopyTo(many);
        BitConverter.TryWriteBytes(many.AsSpan(4), many.Length - 8);

        Assert.Throws<DBusReadException>(() => new Reader(many, isBigEndian: false).ReadVariantValue());
    }

    [Fact]
    public void Body_OtherThanTheSignature_IsRefused()
    {
        AssertRefused(null, writer => writer.WriteByte(1));
        AssertRefused("u", writer => writer.WriteInt32(1));
        AssertRefused("u", _ => { });
        AssertRefused("(uu)", writer =>
        {
            writer.WriteStructureStart();
            writer.WriteUInt32(1);
        });
        AssertRefused("au", writer => writer.WriteArrayStart(DBusType.UInt32));
        AssertRefused("au", writer => writer.WriteArrayStart(DBusType.Int32));
        AssertRefused("a(uu)", writer =>
        {
            ArrayStart start = writer.WriteArrayStart(DBusType.Struct);
            writer.WriteStructureStart();
            writer.WriteUInt32(1);
            writer.WriteArrayEnd(start);
        });
        AssertRefused("v", writer => writer.WriteVariant(default));
        AssertRefused("v", writer => writer.WriteVariant(VariantValue.UnixFd(0)));
        AssertRefused("au", writer => writer.WriteArrayEnd(default));
    }

    [Fact]
    public void Message_LargerThanAllowed_IsRefused()
    {
        Assert.Throws<DBusMessageTooLargeException>(() => WriteAll("s", writer => writer.WriteString(new string('x', 1 << 20))));
        Assert.Throws<DBusMessageTooLargeException>(() => WriteAll("ay", writer => writer.WriteArrayOfByte(new byte[1 << 20])));
        WriteAll("s", writer => writer.WriteString(new string('x', (1 << 20) - 100)));

        MessageWriter larger = new(128 << 20);
        larger.WriteMethodReturnHeader(1, null, "ayay");
        larger.WriteArrayOfByte(new byte[64 << 20]);
        try
        {
            larger.WriteArrayOfByte(new byte[(64 << 20) + 1]);
            Assert.Fail("It was written.");
        }
        catch (DBusMessageTooLargeException)
        {
            larger.Dispose();
        }
    }

    [Fact]
    public void Writer_AfterTheMessage_WritesNoMore()
    {
        MessageWriter writer = new(1 << 16);
        writer.WriteMethodReturnHeader(1, null, "y");
        writer.WriteByte(1);
        MessageBuffer message = writer.CreateMessage();
        byte[] bytes = message.ToArray();

        AssertThrows<DBusWriteException>(writer, w => w.WriteByte(2));
        AssertThrows<InvalidOperationException>(writer, w => w.CreateMessage());
        AssertThrows<InvalidOperationException>(writer, w => w.WriteMethodReturnHeader(1, null));
        writer.Dispose();

        Assert.Equal(bytes, message.ToArray());
        message.Dispose();
        Assert.Equal(0, message.Length);
        Assert.Throws<InvalidOperationException>(message.Take);
    }

    [Fact]
    public void VariantValue_Getters_GiveTheirTypeOnly()
    {
        VariantValue value = VariantValue.Array("s", "a", "b");

        Assert.Equal(("as", 2, "b"), (value.Signature, value.Count, value.GetItem(1).GetString()));
        Assert.Equal(["a", "b"], value.GetArrayOfString());
        Assert.Throws<DBusReadException>(() => value.GetUInt32());
        Assert.Throws<DBusReadException>(() => VariantValue.Int32(1).GetInt64());
        Assert.Throws<DBusReadException>(() => value.GetDictionaryEntry(0));
        Assert.Throws<DBusWriteException>(() => VariantValue.Array("s", VariantValue.Byte(1)));
        Assert.Throws<DBusWriteException>(() => VariantValue.Dictionary("s", "y", "a"));
        Assert.Throws<DBusWriteException>(() => VariantValue.Struct());
    }

    [Fact]
    public void ToString_OfBytes_HidesThem()
        => Assert.Equal("(secret, (3 bytes))", VariantValue.Struct("secret", VariantValue.ArrayOfByte([65, 66, 67])).ToString());

    private static void WriteAll(string? signature, Write write)
    {
        MessageWriter writer = new(1 << 20);
        try
        {
            writer.WriteMethodReturnHeader(1, null, signature);
            write(writer);
            writer.CreateMessage().Dispose();
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void AssertRefused(string? signature, Write write)
        => Assert.Throws<DBusWriteException>(() => WriteAll(signature, write));

    private static void AssertThrows<T>(MessageWriter writer, Write write)
        where T : Exception
    {
        try
        {
            write(writer);
        }
        catch (T)
        {
            return;
        }
        Assert.Fail("Nothing was thrown.");
    }
}
