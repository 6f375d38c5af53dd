using DBusControl.Tests.Support;
using Mandos.Abstractions.Control;
using Tmds.DBus.Protocol;
using Mandos.PluginContracts.Control;

namespace DBusControl.Tests;

public sealed class ReadingTests
{
    private const string AllOfFoo =
        "{\"ApprovalDelay\": 4000, \"ApprovalDuration\": 5000, \"ApprovalPending\": false, \"ApprovedByDefault\": true, "
        + "\"CheckerRunning\": false, \"Checker\": \"check %(host)s\", \"Created\": \"2026-11-23T05:00:01\", \"Enabled\": true, "
        + "\"Expires\": \"2026-11-23T05:02:01\", \"ExtendedTimeout\": 3000, \"Fingerprint\": \"23CD\", \"Host\": \"host ☃\", "
        + "\"Interval\": 1000, \"KeyID\": \"01AB\", \"LastApprovalRequest\": \"\", \"LastCheckedOK\": \"2026-11-23T05:03:01\", "
        + "\"LastCheckerStatus\": 7, \"LastEnabled\": \"2026-11-23T05:01:01\", \"Name\": \"foo\", \"ObjectPath\": /clients/foo, "
        + "\"Timeout\": 2000}";

    private const string Interfaces =
        $"{{\"Client\": {AllOfFoo}, \"OldClient\": {AllOfFoo}, \"Server.Server.Client\": EXTENSIONS, \"Introspectable\": {{}}, \"Properties\": {{}}}}";

    [Theory]
    [InlineData(Caller.Client)]
    [InlineData(Caller.OldClient)]
    [InlineData("")]
    public async Task GetAll_ClientInterface_HasAllButTheSecret(string interfaceName)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal(AllOfFoo, await rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "GetAll", interfaceName));
    }

    [Theory]
    [InlineData("no.such.Interface")]
    [InlineData(Caller.Properties)]
    public async Task GetAll_OtherInterface_IsEmpty(string interfaceName)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal("{}", await rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "GetAll", interfaceName));
    }

    [Theory]
    [InlineData(Caller.Client)]
    [InlineData(Caller.OldClient)]
    public async Task Get_EachInterface_Answers(string interfaceName)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal("2000", await rig.Caller.GetAsync(Rig.Foo, "Timeout", interfaceName));
        Assert.Equal("7", await rig.Caller.GetAsync(Rig.Foo, "LastCheckerStatus", interfaceName));
    }

    [Fact]
    public async Task Call_WithoutInterface_IsAnsweredByName()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal("\"foo\"", await rig.Caller.CallAsync(Rig.Foo, null, "Get", Caller.Client, "Name"));
        Assert.Equal("[/clients/foo]", await rig.Caller.CallAsync("/", null, "GetAllClients", Array.Empty<string>()));
    }

    [Fact]
    public async Task GetManagedObjects_OneClient_HasAllInterfaces()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var objects = await rig.Caller.CallAsync("/", Caller.ObjectManager, "GetManagedObjects", Array.Empty<string>());

        var extensions = await rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "GetAll", Caller.ClientExtension);
        Assert.Equal($"{{/clients/foo: {Interfaces}}}".Replace("EXTENSIONS", extensions, StringComparison.Ordinal), objects);
    }

    [Theory]
    [InlineData(Caller.Server)]
    [InlineData("se.bsnet.fukt.Mandos")]
    public async Task GetAllClients_OneClient_ListsIt(string interfaceName)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal("[/clients/foo]", await rig.Caller.CallAsync("/", interfaceName, "GetAllClients", Array.Empty<string>()));
        Assert.Equal(
            $"{{/clients/foo: {AllOfFoo}}}",
            await rig.Caller.CallAsync("/", interfaceName, "GetAllClientsWithProperties", Array.Empty<string>()));
    }

    [Fact]
    public async Task Get_TextThatDBusCannotCarry_IsReplaced()
    {
        var foo = Rig.Client("foo");
        await using var rig = await Rig.StartAsync(foo with { Settings = foo.Settings with { Host = "a\0b\ud800c\U0001F600" } });

        Assert.Equal("\"a?b\ufffdc\U0001F600\"", await rig.Caller.GetAsync(Rig.Foo, "Host"));
    }

    [Fact]
    public async Task ServerProperties_GetAll_SaysWhatTheServerIs()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        await rig.StartAllAsync(new InMemoryServer([Rig.Client("foo")])
        {
            Info = new ServerInfo
            {
                Version = "1.2",
                ServiceName = "Mandos",
                StateProblem = "the disk ☃ is\0 full",
                EndPoints = [new(System.Net.IPAddress.IPv6Any, 4711)],
                Plugins =
                [
                    new PluginInfo { Name = "One", Version = "1.0", State = "Active" },
                    new PluginInfo { Name = "Two", State = "Malfunctioned" },
                ],
            },
        });

        const string expected = "{\"Address\": [\"[::]:4711\"], \"ClientCount\": 1, "
            + "\"Plugins\": [(\"One\", \"1.0\", \"Active\"), (\"Two\", \"\", \"Malfunctioned\")], "
            + "\"Port\": 4711, \"ServiceName\": \"Mandos\", \"StateProblem\": \"the disk ☃ is? full\", \"Version\": \"1.2\"}";
        Assert.Equal(expected, await rig.Caller.CallAsync("/", Caller.Properties, "GetAll", Caller.Extension));
        Assert.Equal("\"1.2\"", await rig.Caller.GetAsync("/", "Version", Caller.Extension));
        Assert.Equal("{}", await rig.Caller.CallAsync("/", Caller.Properties, "GetAll", Caller.Server));
    }

    [Fact]
    public async Task ServerProperties_Set_IsReadOnly()
    {
        await using var rig = await Rig.StartAsync();

        var (name, _) = await Caller.ErrorAsync(rig.Caller.SetAsync("/", "Version", VariantValue.String("2"), Caller.Extension));

        Assert.Equal("PropertyReadOnly", name);
    }
}
