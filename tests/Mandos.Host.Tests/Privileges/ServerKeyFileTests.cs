using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Host.Privileges;
using Mandos.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.Host.Tests.Privileges;

public sealed class ServerKeyFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly byte[] _key = [.. Enumerable.Range(1, 32).Select(static i => (byte)i)];

    private readonly TemporaryDirectory _directory = new();
    private readonly ServerKeyFile _file;

    public ServerKeyFileTests() => _file = new ServerKeyFile(_directory.FullName, NullLogger.Instance);

    private string Path => _directory.PathOf("server.key");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_NoFile_IsNull() => Assert.Null(_file.Read());

    [Fact]
    public void Create_NoFile_IsReadAgainAndTheOwnersAlone()
    {
        File.WriteAllText(Path + ".new", "half of one, from a crash");
        using var key = new Secret(_key);

        _file.Create(key);

        using Secret read = _file.Read()!;
        Assert.True(read.FixedTimeEquals(_key));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
        Assert.Equal([Path], Directory.GetFiles(_directory.FullName));
    }

    [Fact]
    public void Create_FileIsThere_IsRefusedAndLeavesIt()
    {
        File.WriteAllText(Path, "another");
        using var key = new Secret(_key);

        Assert.Throws<StateStoreException>(() => _file.Create(key));

        Assert.Equal("another", File.ReadAllText(Path));
    }

    [Fact]
    public void Create_NoDirectory_IsRefused()
    {
        using var key = new Secret(_key);

        string message = Assert.Throws<StateStoreException>(() => new ServerKeyFile("/nonexistent", NullLogger.Instance).Create(key)).Message;

        Assert.StartsWith("/nonexistent/server.key: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(100_000)]
    public void Read_WrongLength_IsRefused(int length)
    {
        File.WriteAllBytes(Path, new byte[length]);

        Assert.StartsWith($"{Path}: the server key is damaged", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OpenToOthers_IsTightened()
    {
        File.WriteAllBytes(Path, _key);
        File.SetUnixFileMode(Path, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        using Secret read = _file.Read()!;

        Assert.True(read.FixedTimeEquals(_key));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void Read_NoOrdinaryFile_IsRefused()
    {
        Directory.CreateDirectory(Path);
        Assert.Contains("must be an ordinary file", Refusal(), StringComparison.Ordinal);
        Directory.Delete(Path);

        File.WriteAllBytes(_directory.PathOf("elsewhere"), _key);
        File.CreateSymbolicLink(Path, _directory.PathOf("elsewhere"));
        Assert.Contains("must be an ordinary file", Refusal(), StringComparison.Ordinal);
        File.Delete(Path);

        File.CreateSymbolicLink(Path, "/nonexistent");
        Assert.Contains("must be an ordinary file", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OfAnotherUser_IsRefused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files away");
        await File.WriteAllBytesAsync(Path, _key, TestContext.Current.CancellationToken);
        await Command.RequireAsync("chown", "12345", Path);

        Assert.Contains("belongs to another user, number 12345", Refusal(), StringComparison.Ordinal);
    }

    private string Refusal() => Assert.Throws<StateStoreException>(() => _file.Read()).Message;
}
