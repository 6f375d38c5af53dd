using System.Net.Sockets;
using Mandos.WebControl.Unix;

namespace WebControl.Tests;

/// <summary>The socket is where nobody else can put another.</summary>
public sealed class SocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.PathOf("run/web.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Bind_NoDirectory_MakesItAndRemovesItAgain()
    {
        SocketFile file = Make();

        using (file.Bind())
        {
            Assert.Equal((UnixFileMode)Convert.ToInt32("660", 8), File.GetUnixFileMode(Path));
        }

        file.Clear();
        Assert.False(Directory.Exists(_directory.PathOf("run")));
    }

    [Fact]
    public void Bind_StaleSocket_ReplacesIt()
    {
        Directory.CreateDirectory(_directory.PathOf("run"));
        File.SetUnixFileMode(_directory.PathOf("run"), (UnixFileMode)Convert.ToInt32("755", 8));
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(Path));
            File.Move(Path, Path + ".kept"); // as after a kill: .NET removes what it has bound
        }

        File.Move(Path + ".kept", Path);

        using Socket socket = Make().Bind();
        Assert.True(File.Exists(Path));
    }

    [Theory]
    [InlineData("777", false)]
    [InlineData("1777", false)]
    [InlineData("775", false)]
    [InlineData("755", true)]
    public void Bind_DirectoryThatOthersCanWrite_IsRefused(string mode, bool isGood)
    {
        Directory.CreateDirectory(_directory.PathOf("run"));
        File.SetUnixFileMode(_directory.PathOf("run"), (UnixFileMode)Convert.ToInt32(mode, 8));

        if (isGood)
        {
            using Socket socket = Make().Bind();
        }
        else
        {
            Assert.Contains($"{_directory.PathOf("run")} can be written by others", Assert.Throws<IOException>(Make().Bind).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Bind_BelowALinkFromWhereOthersCanWrite_IsRefused()
    {
        Directory.CreateDirectory(_directory.PathOf("good"));
        Directory.CreateDirectory(_directory.PathOf("open"));
        File.SetUnixFileMode(_directory.PathOf("good"), (UnixFileMode)Convert.ToInt32("755", 8));
        File.SetUnixFileMode(_directory.PathOf("open"), (UnixFileMode)Convert.ToInt32("777", 8));
        Directory.CreateSymbolicLink(_directory.PathOf("open/link"), _directory.PathOf("good"));

        var file = new SocketFile(_directory.PathOf("open/link/web.sock"), null, isGroupRequired: false);

        Assert.Contains($"{_directory.PathOf("open")} can be written by others", Assert.Throws<IOException>(file.Bind).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_WhereAFileIs_LeavesIt()
    {
        string path = _directory.Write("run/web.sock", "precious");
        File.SetUnixFileMode(_directory.PathOf("run"), (UnixFileMode)Convert.ToInt32("755", 8));

        Assert.Throws<IOException>(Make().Bind);

        Assert.Equal("precious", File.ReadAllText(path));
    }

    [Fact]
    public void Bind_UnknownGroup_IsRefusedIfItWasAskedFor()
    {
        var file = new SocketFile(Path, "no-such-group", isGroupRequired: true);

        Assert.Contains("there is no group no-such-group", Assert.Throws<IOException>(file.Bind).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path));
    }

    private SocketFile Make() => new(Path, "no-such-group", isGroupRequired: false);
}
