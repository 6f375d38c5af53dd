using System.Globalization;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Clients;

public sealed class ObjectPathsTests
{
    private readonly TestLog _log = new();
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
    public void Assign_AnyName_GivesValidPath(string name, string path)
    {
        Assert.Equal(path, _paths.Assign(name));
        Assert.Empty(_log.Lines);
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
            _log.Lines);
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
        _paths.Release("/clients/foo_bar");

        Assert.Equal("/clients/foo_bar", _paths.Assign("foo_bar"));
        Assert.Equal("/clients/foo_bar_2", second);
        Assert.Equal("/clients/foo_bar_3", _paths.Assign("foo.bar"));
    }

    [Fact]
    public void Assign_RandomNames_AreValidAndDiffer()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var seen = new HashSet<string>();
        for (int i = 0; i < 10_000; i++)
        {
            char[] name = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => "a2_.- /ü"[random.Next(8)])];

            string path = _paths.Assign(new string(name));

            Assert.True(seen.Add(path), string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {path} twice"));
            Assert.Matches("^/clients/[A-Za-z0-9_]+$", path);
        }
    }

    [Fact]
    public void Client_DBusOn_HasPathUntilItIsRemoved()
    {
        using EngineRig rig = new EngineRig { Options = new() { UseDBus = true } }
            .Start(EngineRig.Define("a-b"), EngineRig.Define("a.b"));

        Assert.Equal(("/clients/a_b", "/clients/a_b_2"), (rig["a-b"].DBusObjectPath, rig["a.b"].DBusObjectPath));
        rig.Remove("a-b");
        rig.Disable("a.b");
        Assert.Equal("/clients/a_b_2", rig["a.b"].DBusObjectPath);
    }

    [Fact]
    public void Client_DBusOff_HasNoPath()
    {
        using EngineRig rig = new EngineRig().Start(EngineRig.Define("a"));

        Assert.Null(rig["a"].DBusObjectPath);
    }
}
