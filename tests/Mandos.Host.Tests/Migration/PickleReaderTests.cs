using System.Text;
using Mandos.Host.Migration;

namespace Mandos.Host.Tests.Migration;

public sealed class PickleReaderTests
{
    [Fact]
    public async Task Read_ValuesOfPython_AreTheSame()
    {
        byte[] pickle = await StockStateFile.PythonAsync("""
            import datetime
            many = [str(i) for i in range(3000)]
            write(pickle.dumps([
                None, True, False, 0, 255, 256, 65535, 65536, -1, -2**31, 2**31 - 1, 2**31, -2**63, 2**63 - 1, "", "\u2603 x" * 99,
                b"", b"\x00\xff", (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], {}, {"a": 1}, {"a": 1, "b": [2]},
                datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
                datetime.timedelta(0), datetime.timedelta(days=-1, microseconds=1), datetime.timedelta(days=1e7, seconds=86399),
                many, many, dict.fromkeys(many, 7),
            ], 2))
            """);

        var values = Assert.IsType<List<object?>>(PickleReader.Read(pickle));

        string snow = string.Concat(Enumerable.Repeat("\u2603 x", 99));
        Assert.Equal(
            [null, true, false, 0L, 255L, 256L, 65535L, 65536L, -1L, (long)int.MinValue, (long)int.MaxValue, int.MaxValue + 1L, long.MinValue,
                long.MaxValue, "", snow],
            values[..16]);
        Assert.Equal([], Assert.IsType<byte[]>(values[16]));
        Assert.Equal([0, 255], Assert.IsType<byte[]>(values[17]));
        Assert.Equal([0, 1, 2, 3, 4], values[18..23].Select(value => Assert.IsType<object?[]>(value).Length));
        Assert.Equal([0, 1], values[23..25].Select(value => Assert.IsType<List<object?>>(value).Count));
        Assert.Equal([0, 1, 2], values[25..28].Select(value => Assert.IsType<Dictionary<string, object?>>(value).Count));
        Assert.Equal(
            [DateTimeOffset.MinValue, DateTimeOffset.MaxValue.AddTicks(-9), TimeSpan.Zero, new TimeSpan(-1, 0, 0, 0, 0, 1),
                new TimeSpan(10_000_000, 0, 0, 86399)],
            values[28..33]);
        Assert.Same(values[33], values[34]);
        Assert.Equal(3000, Assert.IsType<Dictionary<string, object?>>(values[35]).Count);
    }

    [Theory]
    [InlineData("class E:\n  def __reduce__(self): import os; return os.system, ('touch PROOF',)\nwrite(pickle.dumps([E()], 2))", "class or function")]
    [InlineData("write(b'\\x80\\x02cos\\nsystem\\nU\\x0btouch PROOF\\x85R.')", "class or function")]
    [InlineData("write(b'\\x80\\x02c__builtin__\\neval\\n)R.')", "class or function")]
    [InlineData("write(b'\\x80\\x02cdatetime\\ntimedelta\\n)R.')", "made in a way")]
    [InlineData("write(b'\\x80\\x02cdatetime\\ntimedelta\\n)\\x81.')", "made in a way")]
    [InlineData("write(b'\\x80\\x02c_codecs\\nencode\\nX\\x01\\0\\0\\0aX\\x05\\0\\0\\0rot13\\x86R.')", "made in a way")]
    [InlineData("write(b'\\x80\\x02c_codecs\\nencode\\nX\\x02\\0\\0\\0\\xc4\\x80X\\x06\\0\\0\\0latin1\\x86R.')", "bytes are none")]
    [InlineData("import decimal\nwrite(pickle.dumps(decimal.Decimal(1), 2))", "class or function")]
    [InlineData("write(pickle.dumps({1: 2}, 2))", "a key is no text")]
    [InlineData("write(b'\\x80\\x02}(U\\x01aK\\x01X\\x01\\0\\0\\0aK\\x02u.')", "a key is there twice")]
    [InlineData("write(pickle.dumps(2**64, 2))", "an integer is larger")]
    [InlineData("write(pickle.dumps(1.5, 2))", "does not occur")]
    [InlineData("write(pickle.dumps([1], 0))", "protocol 2")]
    [InlineData("write(pickle.dumps([1], 4))", "protocol 2")]
    [InlineData("write(b'')", "protocol 2")]
    [InlineData("write(b'\\x80\\x02')", "cut short")]
    [InlineData("write(b'\\x80\\x02cdatetime')", "cut short")]
    [InlineData("write(b'\\x80\\x02X\\xff\\xff\\xff\\xffab')", "cut short")]
    [InlineData("write(b'\\x80\\x02X\\xff\\xff\\xff\\x7fab')", "cut short")]
    [InlineData("write(pickle.dumps([1], 2)[:-1])", "cut short")]
    [InlineData("write(pickle.dumps([1], 2) + b'x')", "something follows")]
    [InlineData("write(b'\\x80\\x02N(.')", "in the midst")]
    [InlineData("write(b'\\x80\\x02.')", "in the midst")]
    [InlineData("write(b'\\x80\\x02\\x86.')", "more than there is")]
    [InlineData("write(b'\\x80\\x02K\\x01(\\x85.')", "more than there is")]
    [InlineData("write(b'\\x80\\x02t.')", "more than there is")]
    [InlineData("write(b'\\x80\\x02q\\0.')", "more than there is")]
    [InlineData("write(b'\\x80\\x02h\\0.')", "refers to something")]
    [InlineData("write(b'\\x80\\x02NNa.')", "no list")]
    [InlineData("write(b'\\x80\\x02NNNs.')", "no dictionary")]
    [InlineData("write(b'\\x80\\x02}(Nu.')", "no dictionary")]
    [InlineData("write(b'\\x80\\x02X\\x01\\0\\0\\0\\xff.')", "not UTF-8")]
    [InlineData("write(b'\\x80\\x02cdatetime\\ndatetime\\nU\\x0a' + bytes([7, 234, 13, 1, 0, 0, 0, 0, 0, 0]) + b'\\x85R.')", "time does not exist")]
    [InlineData("write(b'\\x80\\x02cdatetime\\ndatetime\\nU\\x0a' + bytes([7, 234, 1, 1, 0, 0, 0, 255, 0, 0]) + b'\\x85R.')", "time does not exist")]
    [InlineData("write(b'\\x80\\x02cdatetime\\ndatetime\\nU\\x01a\\x85R.')", "ten bytes")]
    [InlineData("write(b'\\x80\\x02cdbus\\nString\\nK\\x01\\x85\\x81.')", "made in a way")]
    [InlineData("write(b'\\x80\\x02cdbus\\nString\\nU\\x01a\\x85R.')", "made in a way")]
    public async Task Read_WhatDoesNotOccur_IsRefusedAndNotExecuted(string code, string problem)
    {
        string proof = Path.Combine(Path.GetTempPath(), $"mandos-proof-{Guid.NewGuid():N}");
        byte[] pickle = await StockStateFile.PythonAsync(code.Replace("PROOF", proof, StringComparison.Ordinal));

        var refusal = Assert.Throws<PickleException>(() => PickleReader.Read(pickle));

        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("at byte ", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(proof));
    }

    /// <summary>Python's longest is a hundred times as long as .NET's, and Debian's server takes it.</summary>
    [Fact]
    public async Task Read_LongestDurations_AreTheLongestThereAre()
    {
        byte[] pickle = await StockStateFile.PythonAsync(
            "import datetime\nwrite(pickle.dumps((datetime.timedelta.max, datetime.timedelta.min, datetime.timedelta(20000000)), 2))");

        Assert.Equal([TimeSpan.MaxValue, TimeSpan.MinValue, TimeSpan.MaxValue], Assert.IsType<object?[]>(PickleReader.Read(pickle)));
    }

    [Theory]
    [InlineData("X\u0001\0\0\0a")]
    [InlineData("U\u0001a")]
    public void Read_TextOfDBus_IsText(string text)
    {
        byte[] pickle = [0x80, 2, .. Encoding.Latin1.GetBytes($"cdbus\nString\n{text}\u0085\u0081.")];

        Assert.Equal("a", PickleReader.ToText(PickleReader.Read(pickle)));
    }

    /// <summary>A few bytes each could otherwise take any amount of memory or time.</summary>
    [Theory]
    [InlineData("", "}", (1 << 24) + 1)]
    [InlineData("", "(", (1 << 24) + 1)]
    [InlineData("Nq\0", "h\0", (1 << 24) + 1)]
    [InlineData("X\0\0\0\u0001*q\0X\u0006\0\0\0latin1q\u0001", "c_codecs\nencode\nh\0h\u0001\u0086R", 64)]
    [InlineData("X\0\0\0\u0001*q\0", "}h\0Ns", 64)]
    [InlineData("T\0\0\0\u0001*q\0", "}h\0Ns", 64)]
    public void Read_WhatGrows_IsRefused(string before, string again, int times)
    {
        // The asterisk stands for a text of 16 MiB.
        byte[] start = [.. Encoding.Latin1.GetBytes(before).SelectMany(b => b == '*' ? new byte[1 << 24] : [b])];
        byte[] one = Encoding.Latin1.GetBytes(again);
        byte[] pickle = new byte[2 + start.Length + (one.Length * times)];
        pickle[0] = 0x80;
        pickle[1] = 2;
        start.CopyTo(pickle, 2);
        for (int i = 2 + start.Length; i < pickle.Length; i += one.Length)
        {
            one.CopyTo(pickle, i);
        }

        var refusal = Assert.Throws<PickleException>(() => PickleReader.Read(pickle));

        Assert.Contains("it would take more than 1024 MiB of memory", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ListWithinItself_EndsThere()
    {
        byte[] pickle = [0x80, 2, .. "]q\0h\0a."u8];

        var list = Assert.IsType<List<object?>>(PickleReader.Read(pickle));

        Assert.Same(list, Assert.Single(list));
    }

    [Fact]
    public void ToText_OfPython2_IsUtf8()
    {
        Assert.Equal("\u2603", PickleReader.ToText(Encoding.UTF8.GetBytes("\u2603")));
        Assert.Null(PickleReader.ToText(new byte[] { 0xff }));
        Assert.Null(PickleReader.ToText(1L));
    }
}
