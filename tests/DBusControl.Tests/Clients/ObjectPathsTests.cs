using System.Globalization;
using Mandos.DBusControl.Clients;
using Mandos.TestKit;
using Microsoft.Extensions.Logging;

namespace DBusControl.Tests.Clients;

public sealed class ObjectPathsTests
{
    private readonly TestPluginContext _log = new();
    private readonly ObjectPaths _paths;

    public ObjectPathsTests() => _paths = new ObjectPaths(_log);

    [Theory]
    [InlineData("foo", "/clients/foo")]
    [InlineData("Foo_9", "/clients/Foo_9")]
    [InlineData("foo.example-one.org", "/clients/foo_example_one_org")]
    [InlineData("a client", "/clients/a_20client")]
    [InlineData("a/b", "/clients/a_2fb")]
    [InlineData("Küche", "/clients/K_c3_bcche")]
    [InlineData("€\U0001F511", "/clients/_e2_82_ac_f0_9f_94_91")]
    [InlineData(".", "/clients/_")]
    [InlineData("..-", "/clients/___")]
    [InlineData("", "/clients/_")]
    public void Assign_AnyName_GivesValidPath(string name, string path)
    {
        Assert.Equal(path, _paths.Assign(name));
        Assert.Empty(_log.Logged);
    }

    [Fact]
    public void Assign_SamePath_NumbersTheLaterOnesAndWarns()
    {
        Assert.Equal("/clients/foo_bar", _paths.Assign("foo.bar"));
        Assert.Equal("/clients/foo_bar_2", _paths.Assign("foo-bar"));
        Assert.Equal("/clients/foo_bar_3", _paths.Assign("foo_bar"));

        Assert.Equal(
            [
                (LogLevel.Warning,
                    "Client foo-bar: its D-Bus object path /clients/foo_bar is that of client foo.bar "
                    + "already; it gets /clients/foo_bar_2 instead"),
                (LogLevel.Warning,
                    "Client foo_bar: its D-Bus object path /clients/foo_bar is that of client foo.bar "
                    + "already; it gets /clients/foo_bar_3 instead"),
            ],
            _log.Logged.Select(line => (line.Level, line.Text)));
    }

    [Fact]
    public void Assign_ClientNamedLikeANumberedPath_KeepsAllApart()
    {
        Assert.Equal("/clients/foo_2", _paths.Assign("foo_2"));
        Assert.Equal("/clients/foo_20", _paths.Assign("foo "));
        Assert.Equal("/clients/foo", _paths.Assign("foo"));
        Assert.Equal("/clients/foo_bar", _paths.Assign("foo-bar"));
        Assert.Equal("/clients/foo_bar_2", _paths.Assign("foo.bar"));
        Assert.Equal("/clients/foo_bar_2_2", _paths.Assign("foo_bar_2"));
        Assert.Equal("/clients/foo_bar_3", _paths.Assign("foo_bar"));
    }

    [Fact]
    public void Release_Path_GivesItToTheNext()
    {
        _paths.Assign("foo.bar");
        string second = _paths.Assign("foo-bar");
        _paths.Release("foo.bar");

        Assert.Equal("/clients/foo_bar", _paths.Assign("foo_bar"));
        Assert.Equal("/clients/foo_bar_2", second);
        Assert.Equal("/clients/foo_bar_3", _paths.Assign("foo.bar"));
    }

    [Fact]
    public void Assign_ClientWithPath_KeepsIt()
    {
        _paths.Assign("foo.bar");
        _paths.Assign("foo-bar");
        _paths.Release("foo.bar");

        Assert.Equal("/clients/foo_bar_2", _paths.Assign("foo-bar"));
        Assert.Equal("/clients/foo_bar_2", _paths.Find("foo-bar"));
        Assert.Null(_paths.Find("foo.bar"));
    }

    [Fact]
    public void ReleaseAllBut_SomeClients_GivesThePathsOfTheOthersAway()
    {
        _paths.Assign("foo.bar");
        _paths.Assign("foo-bar");
        _paths.Assign("other");

        _paths.ReleaseAllBut(new HashSet<string> { "foo-bar", "unknown" });

        Assert.Equal([null, "/clients/foo_bar_2", null, null],
            new[] { "foo.bar", "foo-bar", "other", "unknown" }.Select(_paths.Find));
        Assert.Equal("/clients/foo_bar", _paths.Assign("foo_bar"));
    }

    [Fact]
    public void Copy_EitherChanges_LeavesTheOther()
    {
        _paths.Assign("foo.bar");
        _paths.Assign("foo-bar");
        var copy = _paths.Copy();

        copy.Release("foo.bar");
        _paths.Release("foo-bar");

        Assert.Equal(("/clients/foo_bar", null), (_paths.Find("foo.bar"), _paths.Find("foo-bar")));
        Assert.Equal((null, "/clients/foo_bar_2"), (copy.Find("foo.bar"), copy.Find("foo-bar")));
        Assert.Equal("/clients/foo_bar", copy.Assign("foo_bar"));
    }

    [Fact]
    public void Assign_RandomNames_AreValidAndDiffer()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var seen = new Dictionary<string, string>();
        for (int i = 0; i < 10_000; i++)
        {
            string name = new([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => "a2_.- /ü"[random.Next(8)])]);

            string path = _paths.Assign(name);

            seen.TryAdd(path, name);
            Assert.True(seen[path] == name, string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {path} is for {seen[path]} and {name}"));
            Assert.Matches("^/clients/[A-Za-z0-9_]+$", path);
        }
    }
}
