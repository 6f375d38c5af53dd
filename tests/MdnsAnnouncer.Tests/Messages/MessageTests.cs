using System.Net;
using CsCheck;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;

namespace MdnsAnnouncer.Tests.Messages;

/// <summary>Messages are read as they were written, and damaged ones are refused at little cost.</summary>
public sealed class MessageTests
{
    private static readonly Zone _zone = new(
        ServiceNames.Of("Mandos", "server"), "_mandos._tcp", 4711, [IPAddress.Parse("fe80::1"), IPAddress.Parse("2001:db8::1")]);

    private static DnsMessage All => new()
    {
        Id = 7,
        IsResponse = true,
        Questions = [new(_zone.Type, RecordType.Ptr), new(_zone.Instance, RecordType.Any, WantsUnicast: true)],
        Answers = [.. _zone.Records],
        Additionals = [.. _zone.Records],
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_WhatWasWritten_IsTheSame(bool compressesData)
    {
        DnsMessage read = MessageReader.Read(MessageWriter.Write(All, compressesData), _zone.Names)!;

        Assert.Equal((All.Id, true, false, 2), (read.Id, read.IsResponse, read.IsTruncated, read.QuestionCount));
        Assert.Equal(All.Questions, read.Questions);
        Assert.Equal(All.Answers.Count, read.Answers.Count);
        Assert.Equal(All.Additionals.Count, read.Additionals.Count);
        foreach ((DnsRecord wanted, DnsRecord got) in All.Answers.Concat(All.Additionals).Zip(read.Answers.Concat(read.Additionals)))
        {
            Assert.True(wanted.SaysTheSameAs(got) && wanted.Data.Span.SequenceEqual(got.Data.Span), wanted.Type.ToString());
            Assert.Equal((wanted.Ttl, wanted.IsUnique), (got.Ttl, got.IsUnique));
        }
    }

    [Fact]
    public void Write_NamesThatOccurAgain_AreCompressed()
        => Assert.True(MessageWriter.Write(All).Length < MessageWriter.Write(All, compressesData: false).Length);

    [Fact]
    public void Read_OtherNames_AreSkipped()
    {
        var other = new Zone(ServiceNames.Of("Other", "other"), "_other._tcp", 1, [IPAddress.Loopback]);

        DnsMessage read = MessageReader.Read(MessageWriter.Write(All), [other.Instance, other.Host])!;

        Assert.Empty(read.Questions);
        Assert.Empty(read.Answers);
        Assert.Equal(2, read.QuestionCount);
    }

    [Fact]
    public void Read_CutAnywhere_IsRefused()
    {
        byte[] message = MessageWriter.Write(All);

        Assert.All(Enumerable.Range(0, message.Length), length => Assert.Null(MessageReader.Read(message.AsSpan(0, length), _zone.Names)));
    }

    [Theory]
    [InlineData("c00c")] // to itself
    [InlineData("c00e")] // forward
    [InlineData("c004")] // into the header
    [InlineData("0161c00c")] // to its own beginning
    [InlineData("ff")]
    [InlineData("40")] // lengths that mean nothing (any more)
    [InlineData("80")]
    [InlineData("3f")] // beyond the end
    [InlineData("")]
    public void Read_BadName_IsRefused(string name)
    {
        byte[] header = Convert.FromHexString("000000000001000000000000");
        byte[] message = [.. header, .. Convert.FromHexString(name), .. Convert.FromHexString("00010001")];

        Assert.Null(MessageReader.Read(message, _zone.Names));
    }

    [Fact]
    public void Read_NameOfTooManyPointers_IsRefused()
    {
        // A root, and pointers each to the one before
        List<byte> message = [.. Convert.FromHexString("000000000001000000000000"), 0];
        for (int i = 0; i < 30; i++)
        {
            int target = i == 0 ? 12 : 13 + (2 * (i - 1));
            message.AddRange([(byte)(0xC0 | (target >> 8)), (byte)target]);
        }

        int few = 13 + (2 * 9), many = 13 + (2 * 29);
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        Assert.Equal(1, MessageReader.ReadName(message.ToArray(), ref few, name));
        Assert.Equal(0, MessageReader.ReadName(message.ToArray(), ref many, name));
    }

    [Fact]
    public void Read_NameLongerThan255Bytes_IsRefused()
    {
        byte[] label = [63, .. Enumerable.Repeat((byte)'a', 63)];
        byte[] message = [.. new byte[12], .. label, .. label, .. label, .. label, 0];
        int position = 12;

        Assert.Equal(0, MessageReader.ReadName(message, ref position, stackalloc byte[DnsName.MaxLength]));
    }

    [Fact]
    public void Read_MoreEntriesThanAllowed_IsRefused()
    {
        byte[] question = [0, 0, 1, 0, 1];
        Assert.NotNull(Read(MessageReader.MaxEntries));
        Assert.Null(Read(MessageReader.MaxEntries + 1));

        DnsMessage? Read(int count) => MessageReader.Read(
            [.. new byte[4], (byte)(count >> 8), (byte)count, .. new byte[6], .. Enumerable.Repeat(question, count).SelectMany(one => one)], _zone.Names);
    }

    [Fact]
    public void Read_ManyRecordsOfOurs_KeepsFew()
    {
        DnsRecord record = _zone.Records[2];
        byte[] message = MessageWriter.Write(new DnsMessage { Answers = [.. Enumerable.Repeat(record, 200)] });

        Assert.Equal(MessageReader.MaxKept, MessageReader.Read(message, _zone.Names)!.Answers.Count);
    }

    [Theory]
    [InlineData(0x78, 0x00)] // an opcode (RFC 6762 section 18.3)
    [InlineData(0x00, 0x01)] // a response code (section 18.11)
    public void Read_OperationOrErrorOfOtherDns_IsIgnored(byte high, byte low)
    {
        byte[] message = MessageWriter.Write(All);
        message[2] |= high;
        message[3] |= low;

        Assert.Null(MessageReader.Read(message, _zone.Names));
    }

    [Fact]
    public void Read_AnyBytes_DoesNotThrow() => Gen.Byte.Array[0, 300].Sample(bytes => _ = MessageReader.Read(bytes, _zone.Names));

    [Fact]
    public void Equals_OtherCase_IsTheSameName()
    {
        Assert.Equal(DnsName.Of("Mandos", "_MANDOS", "local"), DnsName.Of("mandos", "_mandos", "LOCAL"));
        Assert.Equal(DnsName.Of("Mandos").GetHashCode(), DnsName.Of("MANDOS").GetHashCode());
        Assert.NotEqual(DnsName.Of("Ä"), DnsName.Of("ä")); // only ASCII's letters have a case (RFC 6762 section 16)
        Assert.NotEqual(DnsName.Of("a", "b"), DnsName.Of("a.b"));
    }
}
