using Mandos.Engine.Clients;
using Mandos.Host.Configuration;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Configuration;

/// <summary>A reload sees whether the files hold something else, without reading the clients.</summary>
public sealed class FilesMarkTests : IDisposable
{
    private const string KeyId = "788CD77115CD0BB7B2D5E0AE8496F6B48149D5E712C652076B1FD2D957EF7C1F";

    private readonly TemporaryDirectory _directory = new();

    public FilesMarkTests()
    {
        _directory.Write("clients.conf", $"[a]\nkey_id={KeyId}\nsecfile={_directory.PathOf("secret")}");
        _directory.Write("secret", "S3CRET");
        Directory.CreateDirectory(_directory.PathOf("clients.d"));
        _directory.Write("clients.d/b.conf", Client('b'));
        _directory.Write("clients.d/c.conf", Client('c'));
        _directory.Write("clients.d/.c.conf.swp.conf", "what an editor left");
    }

    public static TheoryData<string, string?, string?> Changes => new()
    {
        { "clients.conf", "[DEFAULT]\ntimeout=PT7M\n", null },
        { "clients.d/b.conf", "\n", null },
        { "clients.d/d.conf", "", "" },
        { "clients.d/b.conf", null, null },
        { "clients.d/c.conf", null, "clients.d/d.conf" },
        { "secret", "S3CREU", "" },
        { "secret", null, null },
    };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void IsCurrent_FilesWrittenAgainWithTheSame_IsTrue()
    {
        FilesMark mark = Read();

        foreach (string file in (string[])["clients.conf", "secret", "clients.d/b.conf"])
        {
            _directory.Write(file, File.ReadAllText(_directory.PathOf(file)));
        }

        Assert.True(mark.IsCurrent(_directory.FullName));
        Assert.True(Read().Hash.Span.SequenceEqual(mark.Hash.Span));
    }

    /// <param name="file">The file.</param>
    /// <param name="text">What it begins with from now on; null: it goes.</param>
    /// <param name="rest">Empty: it has nothing else; null: what it had; otherwise the name that it gets.</param>
    [Theory]
    [MemberData(nameof(Changes))]
    public void IsCurrent_AFileHoldsSomethingElseOrComesOrGoes_IsFalse(string file, string? text, string? rest)
    {
        FilesMark mark = Read();
        string path = _directory.PathOf(file);

        if (text is not null)
        {
            _directory.Write(file, text + (rest is null ? File.ReadAllText(path) : ""));
        }
        else if (rest is not null)
        {
            File.Move(path, _directory.PathOf(rest));
        }
        else
        {
            File.Delete(path);
        }

        Assert.False(mark.IsCurrent(_directory.FullName));
    }

    [Fact]
    public void IsCurrent_TextGoesFromOneFileToTheNext_IsFalse()
    {
        FilesMark mark = Read();

        _directory.Write("clients.d/b.conf", "");
        _directory.Write("clients.d/c.conf", Client('b') + Client('c'));

        Assert.False(mark.IsCurrent(_directory.FullName));
    }

    private static string Client(char name) => $"[{name}]\nkey_id={KeyId[..63]}{name}\nsecret=ywFi\n";

    private FilesMark Read()
    {
        ClientFileResult read = ClientFileReader.Read(_directory.FullName);
        foreach (ClientDefinition client in read.Clients!)
        {
            client.Secret.Dispose();
        }

        Assert.Equal(3, read.Clients!.Count);
        return read.Mark!;
    }
}
