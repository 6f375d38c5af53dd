using DBusControl.Tests.Support;
using Mandos.Abstractions.Control;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

public sealed class ErrorTests
{
    [Theory]
    [InlineData(Caller.Client, "NoSuch", "UnknownProperty")]
    [InlineData(Caller.OldClient, "NoSuch", "UnknownProperty")]
    [InlineData(Caller.Client, "host", "UnknownProperty")]
    [InlineData("no.such.Interface", "Host", "UnknownInterface")]
    [InlineData("", "Host", "UnknownInterface")]
    public async Task GetAndSet_Unknown_AreRefused(string interfaceName, string property, string error)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal(error, (await Caller.ErrorAsync(rig.Caller.GetAsync(Rig.Foo, property, interfaceName))).Name);
        Assert.Equal(
            error, (await Caller.ErrorAsync(rig.Caller.SetAsync(Rig.Foo, property, VariantValue.String("x"), interfaceName))).Name);
    }

    [Theory]
    [InlineData("/", Caller.Server, "NoSuch", "UnknownMethod")]
    [InlineData("/", null, "NoSuch", "UnknownMethod")]
    [InlineData("/", "no.such.Interface", "GetAllClients", "UnknownMethod")]
    [InlineData("/", Caller.Server, "GetManagedObjects", "UnknownMethod")]
    [InlineData("/", Caller.Client, "CheckedOK", "UnknownMethod")]
    [InlineData("/clients", Caller.Properties, "GetAll", "UnknownMethod")]
    [InlineData("/clients/foo", Caller.Client, "NoSuch", "UnknownMethod")]
    [InlineData("/clients/foo", Caller.Client, "checkedok", "UnknownMethod")]
    [InlineData("/clients/foo", "no.such.Interface", "CheckedOK", "UnknownMethod")]
    [InlineData("/clients/foo", Caller.Server, "GetAllClients", "UnknownMethod")]
    [InlineData("/clients/nobody", Caller.Client, "CheckedOK", "UnknownObject")]
    [InlineData("/clients/nobody", Caller.Client, "NoSuch", "UnknownObject")]
    [InlineData("/clients/foo/below", Caller.Client, "CheckedOK", "UnknownObject")]
    [InlineData("/other", Caller.Client, "CheckedOK", "UnknownObject")]
    public async Task Call_Unknown_IsRefused(string path, string? interfaceName, string member, string error)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal(error, (await Caller.ErrorAsync(rig.Caller.CallAsync(path, interfaceName, member, Array.Empty<string>()))).Name);
    }

    [Fact]
    public async Task Call_WrongArguments_IsRefused()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        var one = VariantValue.String("x");

        Task<string>[] calls =
        [
            rig.Caller.CallAsync(Rig.Foo, Caller.Client, "CheckedOK", one),
            rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Approve", Array.Empty<VariantValue>()),
            rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Approve", VariantValue.Int32(1)),
            rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Approve", VariantValue.Variant(VariantValue.Array(new[] { "x" }))),
            rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "Get", one),
            rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "Set", one, one, one),
            rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "GetAll", one, one),
            rig.Caller.CallAsync("/", Caller.Server, "RemoveClient", VariantValue.Int32(1)),
            rig.Caller.CallAsync("/", Caller.ObjectManager, "GetManagedObjects", one),
        ];

        foreach (var call in calls)
        {
            Assert.Equal("InvalidArgs", (await Caller.ErrorAsync(call)).Name);
        }

        Assert.Empty(rig.Server.Approvals);
    }

    [Theory]
    [InlineData("/clients/nobody")]
    [InlineData("/")]
    public async Task RemoveClient_Unknown_IsRefused(string path)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var (name, message) = await Caller.ErrorAsync(
            rig.Caller.CallAsync("/", Caller.Server, "RemoveClient", VariantValue.ObjectPath(path)));

        Assert.Equal("UnknownObject", name);
        Assert.Equal($"there is no object {path}", message);
    }

    [Fact]
    public async Task Reload_BadConfiguration_TellsAllProblems()
    {
        await using var rig = await Rig.StartAsync();
        rig.Server.Failure = new ConfigurationException(["clients.conf:1: one", "clients.conf:2: two"]);

        var (name, message) = await Caller.ErrorAsync(rig.Caller.CallAsync("/", Caller.Extension, "Reload", Array.Empty<string>()));

        Assert.Equal("InvalidFileContent", name);
        Assert.Equal("clients.conf:1: one\nclients.conf:2: two", message);
    }

    [Fact]
    public async Task Command_ServerFails_TellsNoDetailsButTheLogDoes()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        rig.Server.Failure = new InvalidOperationException("a detail");

        var (name, message) = await Caller.ErrorAsync(rig.Caller.CallAsync(Rig.Foo, Caller.Client, "CheckedOK", Array.Empty<string>()));

        Assert.Equal("Failed", name);
        Assert.DoesNotContain("a detail", message, StringComparison.Ordinal);
        Assert.Contains(rig.Context.Logged, line => line.Id == 4110 && line.Text.Contains("a detail", StringComparison.Ordinal));
    }
}
