using System.Globalization;
using Mandos.Host.Daemon;
using Mandos.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.Host.Tests.Daemon;

public sealed class PidFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string FilePath => Path.Combine(_directory.FullName, "mandos.pid");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Write_ReplacesContent()
    {
        File.WriteAllText(FilePath, "1234567890\nand more\n");
        using var file = PidFile.Open(FilePath, NullLogger.Instance);
        Assert.StartsWith("1234567890\n", File.ReadAllText(FilePath), StringComparison.Ordinal);

        file!.Write();

        Assert.Equal(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n", File.ReadAllText(FilePath));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dispose_OwnOrEmptyFile_RemovesIt(bool isWritten)
    {
        var file = PidFile.Open(FilePath, NullLogger.Instance)!;
        if (isWritten)
        {
            file.Write();
        }

        file.Dispose();

        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void Dispose_FileOfAnother_LeavesIt()
    {
        var file = PidFile.Open(FilePath, NullLogger.Instance)!;
        file.Write();
        File.WriteAllText(FilePath, "1\n");

        file.Dispose();

        Assert.Equal("1\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void Open_NewFile_IsWritableByOwnerAlone()
    {
        using var file = PidFile.Open(FilePath, NullLogger.Instance);
        Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(FilePath) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
    }

    [Fact]
    public void Open_Impossible_IsNull()
        => Assert.Null(PidFile.Open(Path.Combine(_directory.FullName, "none", "mandos.pid"), NullLogger.Instance));
}
