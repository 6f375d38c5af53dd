using System.Reflection;
using Mandos.Host.Logging;

namespace Mandos.Host.Tests.Logging;

public sealed class LogTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("client “räka” €5 🔑 \\n", "client “räka” €5 🔑 \\n")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("\u001b[2J\0\u007f\u009b", "\\x1b[2J\\x00\\x7f\\x9b")]
    [InlineData("a\u2028\u2029\u202eb\u200b", "a\\u2028\\u2029\\u202eb\\u200b")]
    public void Escape_Text_HasNoCharacterThatCouldForgeOrHideALine(string text, string expected)
        => Assert.Equal(expected, LogText.Escape(text));

    // Not among the above: an attribute cannot hold such a string.
    [Fact]
    public void Escape_LoneSurrogates_AreEscaped() => Assert.Equal("\\ud800x\\udc00", LogText.Escape("\ud800x\udc00"));

    [Fact]
    public void Summarize_Chain_JoinsMessagesOnOneLine()
    {
        var exception = new IOException("cannot read\n  the file", new InvalidOperationException("disk\u001b gone"));
        Assert.Equal("cannot read the file: disk\\x1b gone", LogText.Summarize(exception));
    }

    [Fact]
    public void Summarize_WrapperThatRepeatsItsCause_SaysItOnce()
    {
        var cause = new IOException("no space left");
        Assert.Equal("One or more errors occurred. (no space left)", LogText.Summarize(new AggregateException(cause)));
        Assert.Equal("no space left", LogText.Summarize(new TargetInvocationException(cause)));
    }

    [Fact]
    public void Summarize_NoMessage_NamesTheType() => Assert.Equal("IOException", LogText.Summarize(new IOException("")));

    [Fact]
    public void Summarize_ExceptionWhoseMessageThrows_GivesItsType()
        => Assert.Equal(nameof(MuteException), LogText.Summarize(new MuteException()));

    private sealed class MuteException : Exception
    {
        public override string Message => throw new NotSupportedException();
    }
}
