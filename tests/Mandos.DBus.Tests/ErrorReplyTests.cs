namespace Mandos.DBus.Tests;

public sealed class ErrorReplyTests
{
    [Fact]
    public void Message_WithText_HasNameAndText()
    {
        DBusErrorReplyException error = new(DBusErrors.NoReply, "none came");

        Assert.Equal("org.freedesktop.DBus.Error.NoReply: none came", error.Message);
        Assert.Equal("none came", error.ErrorMessage);
    }
}
