using System.Text;
using Mandos.Ctl.Commands;
using Mandos.Ctl.Files;
using Mandos.TestKit;

namespace Mandos.Ctl.Tests.Files;

public sealed class ClientsDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Add_DirectoryNotThere_MakesItAndTheFileForTheServerToRead()
    {
        using (ClientsDirectory directory = ClientsDirectory.Open(_directory.FullName))
        {
            directory.Add(_directory.PathOf("clients.d/a.conf"), "[a]\n"u8);
        }

        Assert.Equal("[a]\n", File.ReadAllText(_directory.PathOf("clients.d/a.conf")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_directory.PathOf("clients.d/a.conf")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute,
            File.GetUnixFileMode(_directory.PathOf("clients.d")));
        Assert.Equal([_directory.PathOf("clients.d/a.conf")], Directory.GetFileSystemEntries(_directory.PathOf("clients.d")));
        Assert.Equal([_directory.PathOf("clients.d")], Directory.GetFileSystemEntries(_directory.FullName));
    }

    [Fact]
    public void Replace_File_KeepsItsMode()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        _directory.Write("clients.d/a.conf", "before");
        File.SetUnixFileMode(_directory.PathOf("clients.d/a.conf"), Mode);
        using ClientsDirectory directory = ClientsDirectory.Open(_directory.FullName);

        directory.Replace(_directory.PathOf("clients.d/a.conf"), "[a]\n"u8);

        Assert.Equal("[a]\n", File.ReadAllText(_directory.PathOf("clients.d/a.conf")));
        Assert.Equal(Mode, File.GetUnixFileMode(_directory.PathOf("clients.d/a.conf")));
    }

    [Fact]
    public void Add_FileThatIsThere_LeavesItAlone()
    {
        _directory.Write("clients.d/a.conf", "mine");
        using ClientsDirectory directory = ClientsDirectory.Open(_directory.FullName);

        Assert.ThrowsAny<IOException>(() => directory.Add(_directory.PathOf("clients.d/a.conf"), "[a]\n"u8));

        Assert.Equal("mine", File.ReadAllText(_directory.PathOf("clients.d/a.conf")));
    }

    [Fact]
    public void Open_WhileAnotherHasIt_IsRefused()
    {
        using (ClientsDirectory.Open(_directory.FullName))
        {
            Assert.Contains(
                "another mandos-ctl is changing it", Assert.Throws<IOException>(() => ClientsDirectory.Open(_directory.FullName)).Message,
                StringComparison.Ordinal);
        }

        ClientsDirectory.Open(_directory.FullName).Dispose();
    }

    [Theory]
    [InlineData("foo.example.org", "/etc/mandos/clients.d/foo.example.org.conf")]
    [InlineData("a_B-1@x", "/etc/mandos/clients.d/a_B-1@x.conf")]
    [InlineData(".a", null)]
    [InlineData("a/b", null)]
    [InlineData("..", null)]
    [InlineData("a b", null)]
    [InlineData("ä", null)]
    [InlineData("", null)]
    public void FileOf_Name_IsPlainOrNone(string client, string? file) => Assert.Equal(file, ClientsDirectory.FileOf("/etc/mandos", client));

    [Theory]
    [InlineData(2, 4, "[a]\nx\n")]
    [InlineData(4, 6, "[b]\ny\n")]
    [InlineData(6, uint.MaxValue, "[c]\nz\n")]
    public void Cut_Section_HasItsLinesAlone(uint first, uint next, string lines)
    {
        string cut = Encoding.UTF8.GetString(AddCommand.Cut("# head\n[a]\nx\n[b]\ny\n[c]\nz\n"u8.ToArray(), first, next));

        Assert.Matches(@"\A# Added by mandos-ctl --add at 20\S+Z\n", cut);
        Assert.Equal(lines, cut[(cut.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
    }

    [Fact]
    public void Find_Clients_TellsWhereTheyStandAndWhetherAlone()
    {
        string file = _directory.Write("clients.conf", "[DEFAULT]\nx=1\n[a]\n[ab]\n");
        string alone = _directory.Write("clients.d/b.conf", "# hello\n[b]\nsecret =\n  abc\n");
        string two = _directory.Write("clients.d/c.conf", "[c]\n[d]\n");
        string defaults = _directory.Write("clients.d/e.conf", "[e]\n[DEFAULT]\n");
        string odd = _directory.Write("clients.d/f.conf", "[f]\nchecker =\n  [x\n");
        _directory.Write("clients.d/.b.conf", "[b]\n");
        _directory.Write("elsewhere", "[g]\n");
        File.CreateSymbolicLink(_directory.PathOf("clients.d/g.conf"), _directory.PathOf("elsewhere"));

        List<SectionPlace> places = SectionPlace.Find(_directory.FullName, new HashSet<string> { "a", "b", "c", "e", "f", "g", "z" });

        Assert.Equal(
            [
                new("a", file, 3, false), new("b", alone, 2, true), new("c", two, 1, false), new("e", defaults, 1, false), new("f", odd, 1, false),
                new SectionPlace("g", _directory.PathOf("clients.d/g.conf"), 1, false),
            ],
            places.OrderBy(static place => place.Client));
    }
}
