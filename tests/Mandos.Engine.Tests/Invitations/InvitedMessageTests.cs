using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Invitations;

namespace Mandos.Engine.Tests.Invitations;

/// <summary>What an invited machine sends, and which sections are taken.</summary>
public sealed class InvitedMessageTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private const string Good = "[new]\nhost = new.example.org\nkey_id = 00ff\nfingerprint = AA BB\nsecret =\n    aGFs\n    bG8=\n";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Read_WhatHasCome_IsCompleteWithTheLineEnd(string newline)
    {
        byte[] all = Encoding.ASCII.GetBytes($"enrol 1 {Token}{newline}{Good}end{newline}");
        for (int length = 0; length < all.Length; length++)
        {
            InvitedMessage part = InvitedMessage.Read(all.AsMemory(0, length));
            Assert.Null(part.Section);
            Assert.Null(part.Fault);
        }

        InvitedMessage whole = InvitedMessage.Read(all);
        Assert.Equal(Token, Encoding.ASCII.GetString(whole.Token!.Value.Span));
        Assert.Equal(Good, Encoding.ASCII.GetString(whole.Section!.Value.Span));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\n", "the first line has to be “enrol 1”")]
    [InlineData("enrol 2 0123456789abcdef0123456789abcdef\n", "the first line has to be “enrol 1”")]
    [InlineData("enrol 1 0123\n", "what is sent as a token is none")]
    [InlineData("enrol 1 0123456789ABCDEF0123456789ABCDEF\n", "what is sent as a token is none")]
    public void Read_AnotherFirstLine_HasNoToken(string text, string fault)
    {
        InvitedMessage read = InvitedMessage.Read(Encoding.ASCII.GetBytes(text));
        Assert.Null(read.Token);
        Assert.StartsWith(fault, read.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TooMuch_IsAFault()
    {
        Assert.Equal("the first line is too long", InvitedMessage.Read(new byte[128]).Fault);
        byte[] all = new byte[InvitedMessage.MostBytes];
        Encoding.ASCII.GetBytes($"enrol 1 {Token}\n", all);
        Assert.Equal("the section has more than 16384 bytes", InvitedMessage.Read(all).Fault);
    }

    [Theory]
    [InlineData(Good)]
    [InlineData("\n[new]\nfingerprint=AABB\nsecret=aGFsbG8=\n\n")]
    public void FindFault_WhatMandosKeygenPrints_IsNone(string section)
        => Assert.Null(InvitedSection.FindFault(Encoding.ASCII.GetBytes(section), "new"));

    [Theory]
    [InlineData("", "it has to have a secret, and a key_id or fingerprint")]
    [InlineData("[new]\nkey_id = 00\n", "it has to have a secret, and a key_id or fingerprint")]
    [InlineData("[new]\nsecret = aa\n", "it has to have a secret, and a key_id or fingerprint")]
    [InlineData("[other]\n", "line 1 has to be [new], the name that was invited")]
    [InlineData("key_id = 00\n", "line 1 has to be [new], the name that was invited")]
    [InlineData("[new]\n[DEFAULT]\n", "line 2 is no option that an invited client may set; ")]
    [InlineData("[new]\nchecker = reboot\n", "line 2 is no option that an invited client may set; ")]
    [InlineData("[new]\nsecfile = /etc/shadow\n", "line 2 is no option that an invited client may set; ")]
    [InlineData("[new]\nsecret: aa\n", "line 2 is no option that an invited client may set; ")]
    [InlineData("[new]\nHOST = a\n", "line 2 is no option that an invited client may set; ")]
    [InlineData("[new]\n# a remark\n", "line 2 is no option that an invited client may set; ")]
    [InlineData("[new]\nhost = a\nhost = b\n", "line 3 has host a second time")]
    [InlineData("[new]\nhost = a%(secret)s\n", "line 2 has characters in host that cannot be there")]
    [InlineData("[new]\nhost = -V\n", "line 2 has a host that does not begin with a letter, a digit or a colon")]
    [InlineData("[new]\nhost =\n", "line 2 has a host that does not begin with a letter, a digit or a colon")]
    [InlineData("[new]\nhost = a; b\n", "line 2 has characters in host that cannot be there")]
    [InlineData("[new]\nkey_id = 0g\n", "line 2 has characters in key_id that cannot be there")]
    [InlineData("[new]\nhost = a\n b\n", "line 3 goes on with a value, and only secret may, in Base64")]
    [InlineData("[new]\nsecret =\n    [DEFAULT]\n", "line 3 goes on with a value, and only secret may, in Base64")]
    [InlineData("[new]\nsecret =\n\tchecker\n", "line 3 has characters other than printable ASCII")]
    [InlineData("[new]\nhost = \u00e4\n", "line 2 has characters other than printable ASCII")]
    [InlineData("[new]\nhost = a\rchecker = b\n", "line 2 has characters other than printable ASCII")]
    public void FindFault_AnythingElse_SaysWhereAndWhat(string section, string fault)
        => Assert.StartsWith(fault, InvitedSection.FindFault(Encoding.UTF8.GetBytes(section), "new"), StringComparison.Ordinal);

    [Fact]
    public void FindFault_TooLong_IsOne()
        => Assert.Equal("it has more than 16384 bytes", InvitedSection.FindFault(new byte[InvitedSection.MostBytes + 1], "new"));
}
