using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Host.Server;
using Mandos.PluginContracts.Samples;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Server;

public sealed class LastKnownFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LastKnownFile _file;

    public LastKnownFileTests() => _file = new LastKnownFile(_directory.FullName);

    private string Path => _directory.PathOf("last-known.json");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_NothingWritten_IsEmptyAndWritesNothing()
    {
        _file.Write([]);

        Assert.Empty(_file.Read());
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void Read_Written_IsTheSameButForTimesOfChecks()
    {
        StoredClient unusual = SampleClients.Unusual(1);
        StoredClient[] clients = [Kept(SampleClients.Stored(0)), Kept(unusual)];

        _file.Write(clients);

        IReadOnlyList<StoredClient> read = _file.Read();
        Assert.Equal(clients.Select(Comparable), read.Select(Comparable));
        Assert.Equal(unusual.EncryptedSecret.ToArray(), read[1].EncryptedSecret.ToArray());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void Write_Again_ReplacesAll()
    {
        _file.Write([Kept(SampleClients.Stored(0))]);
        _file.Write([]);

        Assert.Empty(_file.Read());
    }

    [Fact]
    public void Read_WithoutASettingThatIsNewer_HasItsDefault()
    {
        _file.Write([Kept(SampleClients.Unusual(1))]);
        File.WriteAllText(Path, File.ReadAllText(Path).Replace("\"location\"", "\"former\"", StringComparison.Ordinal));

        Assert.Equal("", Assert.Single(_file.Read()).Client!.Settings.Location);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"version\":1}")]
    [InlineData("{\"version\":1,\"clients\":[{}]}")]
    [InlineData("{\"version\":1,\"clients\":[3]}")]
    [InlineData("{\"version\":\"x\"}")]
    public void Read_Damaged_SaysWhichFile(string text)
    {
        File.WriteAllText(Path, text);

        Assert.Equal($"{Path} is damaged", Assert.Throws<IOException>(_file.Read).Message);
    }

    [Fact]
    public void Read_Newer_SaysSo()
    {
        File.WriteAllText(Path, "{\"version\":2}");

        Assert.Equal($"{Path} is of version 2, and this server has 1", Assert.Throws<IOException>(_file.Read).Message);
    }

    private static StoredClient Kept(StoredClient stored) => stored with
    {
        LeftAt = null,
        Proof = default,
        TrialProof = default,
        Client = new ClientSnapshot
        {
            Name = stored.Name,
            Settings = stored.Client!.Settings,
            Enabled = stored.Client.Enabled,
            Created = stored.Client.Created,
            LastEnabled = stored.Client.LastEnabled,
        },
    };

    /// <summary>Without what no two records share.</summary>
    private static string Comparable(StoredClient stored) => $"{stored}";
}
