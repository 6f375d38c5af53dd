using Mandos.DBus.Tests.Support;
using Mandos.Fuzz;

namespace Mandos.DBus.Tests;

/// <summary>Whatever comes, it is read or refused with a <see cref="DBusReadException"/>.</summary>
public sealed class MalformedTests
{
    [Fact]
    public void Parse_EveryTruncation_IsRefused()
    {
        foreach (byte[] message in Samples())
        {
            for (int length = 0; length < message.Length; length++)
            {
                byte[] cut = message[..length];
                Assert.Throws<DBusReadException>(() => Message.Parse(cut));
            }
        }
    }

    [Fact]
    public void Fuzz_EveryChangeOfOneByte_IsReadOrRefused()
    {
        foreach (byte[] message in Samples())
        {
            for (int i = 0; i < message.Length; i++)
            {
                byte original = message[i];
                for (int value = 0; value <= byte.MaxValue; value++)
                {
                    message[i] = (byte)value;
                    DBusMessageTarget.Fuzz(message);
                }
                message[i] = original;
            }
        }
    }

    [Fact]
    public void Fuzz_RandomChanges_AreReadOrRefused()
    {
        const int seed = 4711;
        Random random = new(seed);
        byte[][] samples = [.. Samples()];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] message = [.. samples[random.Next(samples.Length)]];
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                message[random.Next(message.Length)] = random.Next(3) switch
                {
                    0 => (byte)random.Next(256),
                    1 => "ybnqiuxtdsogav(){}lB"u8[random.Next(20)],
                    _ => (byte)random.Next(9),
                };
            }
            try
            {
                DBusMessageTarget.Fuzz(message);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, message {Convert.ToHexString(message)}: {e}");
            }
        }
    }

    [Theory]
    [InlineData("78 02 01 01 00 00 00 00 01 00 00 00 08 00 00 00 05 01 75 00 01 00 00 00")] // byte order 'x'
    [InlineData("6c 00 01 01 00 00 00 00 01 00 00 00 08 00 00 00 05 01 75 00 01 00 00 00")] // type 0
    [InlineData("6c 02 01 02 00 00 00 00 01 00 00 00 08 00 00 00 05 01 75 00 01 00 00 00")] // version 2
    [InlineData("6c 02 01 01 00 00 00 00 00 00 00 00 08 00 00 00 05 01 75 00 01 00 00 00")] // serial 0
    [InlineData("6c 02 01 01 00 00 00 00 01 00 00 00 08 00 00 00 05 01 75 00 00 00 00 00")] // reply serial 0
    [InlineData("6c 02 01 01 00 00 00 00 01 00 00 00 08 00 00 00 05 01 73 00 01 00 00 00")] // reply serial of type s
    [InlineData("6c 02 01 01 00 00 00 00 01 00 00 00 08 00 00 00 09 01 75 00 01 00 00 00")] // a descriptor, no reply serial
    // A body without a signature.
    [InlineData("6c 02 01 01 08 00 00 00 01 00 00 00 08 00 00 00 05 01 75 00 01 00 00 00 00 00 00 00 00 00 00 00")]
    [InlineData("6c 02 01 01 00 00 00 08 01 00 00 00 08 00 00 00 05 01 75 00 01 00 00 00")] // 128 MiB
    [InlineData("6c 02 01 01 00 00 00 00 01 00 00 00 08 00 00 04 05 01 75 00 01 00 00 00")] // fields of 64 MiB
    public void Parse_BadHeader_IsRefused(string hex)
        => Assert.Throws<DBusReadException>(() => Message.Parse(Hex.Bytes(hex)));

    [Theory]
    [InlineData("6c 02 01 01 00 00 00 00 01 00 00 00 08 00 00 00 05 01 75 00 07 00 00 00", false)]
    [InlineData("42 02 01 01 00 00 00 00 00 00 00 01 00 00 00 08 05 01 75 00 00 00 00 07", true)]
    [InlineData( // The field 0xc8, which may come to be some day, has the value [0xff].
        "6c 02 01 01 00 00 00 00 01 00 00 00 15 00 00 00 05 01 75 00 07 00 00 00 c8 02 61 79 00 00 00 00 01 00 00 00 ff",
        false)]
    public void Parse_GoodHeader_IsRead(string hex, bool isBigEndian)
    {
        byte[] bytes = Hex.Bytes(hex);

        Message message = Message.Parse([.. bytes, .. new byte[-bytes.Length & 7]]);

        Assert.Equal((MessageType.MethodReturn, 1u, 7u), (message.MessageType, message.Serial, message.ReplySerial!.Value));
        Assert.Equal(isBigEndian, message.IsBigEndian);
    }

    [Theory]
    [InlineData("b", "02 00 00 00")]
    [InlineData("s", "01 00 00 00 61 61")] // no NUL behind
    [InlineData("s", "03 00 00 00 61 00 61 00")] // NUL within
    [InlineData("s", "02 00 00 00 c3 28 00")] // not UTF-8
    [InlineData("s", "03 00 00 00 ed a0 80 00")] // half of a surrogate pair
    [InlineData("s", "ff ff ff ff 00")]
    [InlineData("o", "02 00 00 00 2f 2f 00")]
    [InlineData("o", "02 00 00 00 61 62 00")]
    [InlineData("g", "01 61 00")] // an array of nothing
    [InlineData("v", "02 79 79 00 01 02")] // two values
    [InlineData("v", "00 00")] // none
    [InlineData("yu", "01 00 01 00 02 00 00 00")] // padding that is not zero
    [InlineData("au", "06 00 00 00 01 00 00 00 02 00 00 00")] // within an element
    [InlineData("ay", "01 00 00 04")] // longer than 64 MiB
    [InlineData("t", "01 02 03 04 05 06 07")]
    public void Read_BadBody_IsRefused(string signature, string hex)
    {
        Reader reader = new(Hex.Bytes(hex), isBigEndian: false);
        try
        {
            reader.ReadValues(signature);
        }
        catch (DBusReadException)
        {
            return;
        }
        Assert.Fail("It was read.");
    }

    private static IEnumerable<byte[]> Samples()
    {
        yield return Sample(MessageType.MethodCall, VariantValue.Struct(
            VariantValue.Byte(1), true, VariantValue.Int16(-1), VariantValue.Int32(-3), VariantValue.UInt64(4)));
        yield return Sample(MessageType.Signal, VariantValue.Dictionary(
            "s", "v", "a", VariantValue.Variant("text"), "b", VariantValue.Variant(VariantValue.ArrayOfByte([1, 2, 3]))));
        yield return Sample(MessageType.MethodReturn, VariantValue.Array(
            "(gao)",
            VariantValue.Struct(VariantValue.OfSignature("a{sv}"), VariantValue.Array("o", VariantValue.ObjectPath("/a/b")))));
    }

    private static byte[] Sample(MessageType type, VariantValue body)
    {
        MessageWriter writer = new(1 << 16);
        if (type == MessageType.MethodCall)
        {
            writer.WriteMethodCallHeader(":1.2", "/a", "b.c", "d", "v");
        }
        else if (type == MessageType.Signal)
        {
            writer.WriteSignalHeader(null, "/a", "b.c", "d", "v");
        }
        else
        {
            writer.WriteMethodReturnHeader(3, "b.c", "v");
        }
        writer.WriteVariant(body);
        using MessageBuffer message = writer.CreateMessage();
        message.SetSerial(9);
        return message.ToArray();
    }
}
