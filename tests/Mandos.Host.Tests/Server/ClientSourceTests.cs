using Mandos.Host.Configuration;
using Mandos.Host.Server;
using Mandos.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.Host.Tests.Server;

public sealed class ClientSourceTests : IDisposable
{
    private const string KeyId = "788CD77115CD0BB7B2D5E0AE8496F6B48149D5E712C652076B1FD2D957EF7C1F";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>A secret on a disk that is mounted late has to be found, and not only by who reloads by hand.</summary>
    [Fact]
    public void HasNews_SecretFileAppears_IsTrueFromThenOn()
    {
        _directory.Write("clients.conf", $"[a]\nkey_id={KeyId}\nsecfile={_directory.PathOf("late")}\n[b]\nkey_id={KeyId[..63]}0\nsecret=ywFi\n");
        ClientSource source = Create();
        Assert.Null(source.Read());
        Assert.False(source.HasNews());

        _directory.Write("late", "secret");
        Assert.True(source.HasNews());

        Assert.Null(source.Read());
        Assert.False(source.HasNews());
    }

    [Theory]
    [InlineData("secfile=/nonexistent", false)]
    [InlineData("secret=a", true)]
    public void Read_NoClientLeft_TellsAMistakeFromWhatMayPass(string option, bool isMistake)
    {
        _directory.Write("clients.conf", $"[a]\nkey_id={KeyId}\n{option}\n");
        Assert.Equal(isMistake, Create().Read()!.IsMistake);
    }

    [Fact]
    public void Read_OneMistake_StopsOnlyWhereThatIsWanted()
    {
        _directory.Write("clients.conf", $"[a]\nkey_id={KeyId}\nsecret=ywFi\n[b]\nkey_id=x\nsecret=ywFi\n");
        Assert.Null(Create().Read());
        Assert.Contains("key_id", Assert.Single(Create(isStrict: true).Read()!.Problems), StringComparison.Ordinal);
    }

    private ClientSource Create(bool isStrict = false)
        => new(new ServerOptions { ConfigDirectory = _directory.FullName, StrictConfig = isStrict }, NullLogger.Instance);
}
