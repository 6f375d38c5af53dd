using System.Reflection;
using System.Net;
using DBusControl.Tests.Support;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Microsoft.Extensions.Logging;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

public sealed class SignalTests
{
    private const string Gone = "[\"Client\", \"OldClient\", \"Server.Server.Client\", \"Introspectable\", \"Properties\"]";

    /// <summary>Those that Debian's server does not have, on our own interface.</summary>
    private static readonly ClientProperty[] _own = [ClientProperty.ExpectedReboot, ClientProperty.RehearsalUntil, ClientProperty.ProvenAt, ClientProperty.Rotation];

    private static readonly ClientProperty[] _properties =
    [
        .. typeof(ClientProperty).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(property => (ClientProperty)property.GetValue(null)!)
            .Except(_own),
        .. ClientSetting.All.Where(setting => !setting.IsExtension), // the others have an interface of their own
    ];

    public static TheoryData<string, string, string> Changes => new()
    {
        { nameof(ClientProperty.Enabled), "Enabled", "true" },
        { nameof(ClientProperty.LastEnabled), "LastEnabled", "\"2026-11-23T05:01:01\"" },
        { nameof(ClientProperty.Expires), "Expires", "\"2026-11-23T05:02:01\"" },
        { nameof(ClientProperty.LastCheckedOk), "LastCheckedOK", "\"2026-11-23T05:03:01\"" },
        { nameof(ClientProperty.LastCheckerStatus), "LastCheckerStatus", "7" },
        { nameof(ClientProperty.LastApprovalRequest), "LastApprovalRequest", "\"\"" },
        { nameof(ClientProperty.ApprovalPending), "ApprovalPending", "false" },
        { nameof(ClientProperty.CheckerRunning), "CheckerRunning", "false" },
        { nameof(ClientSetting.Host), "Host", "\"host ☃\"" },
        { nameof(ClientSetting.Checker), "Checker", "\"check %(host)s\"" },
        { nameof(ClientSetting.Interval), "Interval", "1000" },
        { nameof(ClientSetting.Timeout), "Timeout", "2000" },
        { nameof(ClientSetting.ExtendedTimeout), "ExtendedTimeout", "3000" },
        { nameof(ClientSetting.ApprovalDelay), "ApprovalDelay", "4000" },
        { nameof(ClientSetting.ApprovalDuration), "ApprovalDuration", "5000" },
        { nameof(ClientSetting.ApprovedByDefault), "ApprovedByDefault", "true" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task PropertyChanged_EachProperty_GivesThreeSignals(string property, string name, string value)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Publish(new ClientPropertyChanged(Rig.Client("foo"), _properties.Single(one => one.Name == property)));

        Assert.Equal(Changed(name, value), await rig.HearAsync());
    }

    [Fact]
    public void Changes_AllProperties_AreTested()
        => Assert.Equal(
            _properties.Except([ClientProperty.Secret, ClientProperty.Requests, ClientProperty.Origin]).Select(property => property.Name).Order(),
            Changes.Select(change => change.Data.Item1).Order());

    /// <summary>The interface has no such property.</summary>
    [Fact]
    public async Task PropertyChanged_Origin_GivesNoSignal()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Publish(new ClientPropertyChanged(Rig.Client("foo"), ClientProperty.Origin));

        Assert.Empty(await rig.HearAsync());
    }

    [Fact]
    public async Task PropertyChanged_Requests_TellsThoseThatWait()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Update("foo", client => client with { Requests = [Rig.Request(3, "192.0.2.1"), Rig.Request(5, "fe80::1%2")] });
        rig.Server.Update("foo", client => client with { Requests = [] });

        Assert.Equal(
            [
                "/ Server.Server.RequestsChanged(/clients/foo, [(3, /clients/foo, \"foo\", \"192.0.2.1\", 4003, \"01AB\", "
                    + "\"2026-11-23T05:03:01\"), (5, /clients/foo, \"foo\", \"fe80::1%2\", 4005, \"01AB\", \"2026-11-23T05:05:01\")])",
                "/ Server.Server.RequestsChanged(/clients/foo, [])",
            ],
            await rig.HearAsync());
    }

    [Fact]
    public async Task ConflictingRequests_TellsTheAddresses()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Publish(new ConflictingRequests(Rig.Client("foo"), [IPAddress.Loopback, IPAddress.IPv6Loopback]));

        Assert.Equal(
            ["/ Server.Server.ConflictingRequests(/clients/foo, [\"127.0.0.1\", \"::1\"])"], await rig.HearAsync());
    }

    [Fact]
    public async Task PropertyChanged_Secret_IsOnlyInvalidated()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        await rig.Caller.SetAsync(Rig.Foo, "Secret", VariantValue.Array(new byte[] { 1 }));

        Assert.Equal(
            ["/clients/foo Properties.PropertiesChanged(\"Client\", {}, [\"Secret\"])", "reply to Set"], rig.Caller.TakeHeard());
    }

    [Fact]
    public async Task PropertyChanged_ApprovalsPending_IsWhetherThereAreAny()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Update("foo", client => client with { ApprovalsPending = 2 });

        Assert.Equal(Changed("ApprovalPending", "true"), await rig.HearAsync());
    }

    [Fact]
    public async Task Enable_Disabled_SignalsBeforeTheReply()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo") with { Enabled = false, Expires = null });

        await rig.Caller.SetAsync(Rig.Foo, "Enabled", VariantValue.Bool(true));

        var heard = rig.Caller.TakeHeard();
        Assert.Equal(10, heard.Count);
        Assert.Equal(Changed("Enabled", "true"), heard.Take(3));
        Assert.StartsWith("/clients/foo Client.PropertyChanged(\"LastEnabled\", ", heard[3], StringComparison.Ordinal);
        Assert.StartsWith("/clients/foo Client.PropertyChanged(\"Expires\", ", heard[6], StringComparison.Ordinal);
        Assert.Equal("reply to Set", heard[9]);
    }

    [Fact]
    public async Task Set_EqualValue_SignalsNothing()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        await rig.Caller.SetAsync(Rig.Foo, "Timeout", VariantValue.UInt64(2000));

        Assert.Equal(["reply to Set"], rig.Caller.TakeHeard());
    }

    [Fact]
    public async Task ClientAdded_New_IsTold()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Add(Rig.Client("bar"));

        var heard = await rig.HearAsync();
        Assert.StartsWith("/ ObjectManager.InterfacesAdded(/clients/bar, {\"Client\": {\"ApprovalDelay\": 4000, ", heard[0], StringComparison.Ordinal);
        Assert.EndsWith("}, \"Introspectable\": {}, \"Properties\": {}})", heard[0], StringComparison.Ordinal);
        Assert.Equal(["/ Server.ClientAdded(/clients/bar)", "/ OldServer.ClientAdded(/clients/bar)"], heard.Skip(1));
    }

    [Fact]
    public async Task Clients_OfOnePath_AreKeptApartAndKeepTheirs()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("a-b"), Rig.Client("a.b"));
        Assert.Equal("\"a-b\"", await rig.Caller.GetAsync("/clients/a_b", "Name"));
        Assert.Equal("\"a.b\"", await rig.Caller.GetAsync("/clients/a_b_2", "Name"));

        await rig.Server.RemoveAsync("a-b", Rig.Person, TestContext.Current.CancellationToken);
        await rig.Server.DisableAsync("a.b", Rig.Person, TestContext.Current.CancellationToken);
        await rig.HearAsync();

        Assert.Equal("/clients/a_b_2", await rig.Caller.GetAsync("/clients/a_b_2", "ObjectPath"));
        Assert.Equal("false", await rig.Caller.GetAsync("/clients/a_b_2", "Enabled"));
        var line = Assert.Single(rig.Context.Logged, line => line.Level == LogLevel.Warning);
        Assert.Equal("Client a.b: its D-Bus object path /clients/a_b is that of client a-b already; it gets /clients/a_b_2 instead", line.Text);
    }

    [Fact]
    public async Task ClientAdded_PathOfOneThatWasRemoved_GetsIt()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("a.b"));

        await rig.Server.RemoveAsync("a.b", Rig.Person, TestContext.Current.CancellationToken);
        rig.Server.Add(Rig.Client("a-b"));

        var heard = await rig.HearAsync();
        Assert.Equal(Removed("a_b", "a.b"), heard.Take(3));
        Assert.Equal(["/ Server.ClientAdded(/clients/a_b)", "/ OldServer.ClientAdded(/clients/a_b)"], heard.Skip(4));
        Assert.Equal("\"a-b\"", await rig.Caller.GetAsync("/clients/a_b", "Name"));
        Assert.DoesNotContain(rig.Context.Logged, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Events_OfOneThatIsGone_AreNotTold()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));

        await rig.Server.RemoveAsync("bar", Rig.Person, TestContext.Current.CancellationToken);
        rig.Server.Publish(new GotSecret(Rig.Client("bar"), Rig.Request(1, "::1")));

        Assert.Equal(Removed("bar", "bar"), await rig.HearAsync());
        await Assert.ThrowsAsync<DBusErrorReplyException>(() => rig.Caller.GetAsync("/clients/bar", "Name"));
    }

    [Fact]
    public async Task RemoveClient_Known_SignalsBeforeTheReply()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("a-b"));

        await rig.Caller.CallAsync("/", Caller.Server, "RemoveClient", VariantValue.ObjectPath("/clients/a_b"));

        Assert.Equal([.. Removed("a_b", "a-b"), "reply to RemoveClient"], rig.Caller.TakeHeard());
    }

    [Fact]
    public async Task Events_OfAllOtherKinds_AreTold()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        var foo = Rig.Client("foo");

        rig.Server.Publish(new CheckerStarted(foo, "a command"));
        rig.Server.Publish(new CheckerCompleted(foo, CheckResult.Exited(3), "a command"));
        rig.Server.Publish(new CheckerCompleted(foo, CheckResult.Signaled(9, coreDumped: true), "a command"));
        rig.Server.Publish(new CheckerCompleted(foo, CheckResult.Failed("why"), "a\0command"));
        rig.Server.Publish(new NeedApproval(foo, Rig.Request(1, "::1"), TimeSpan.FromSeconds(1.5), ApprovedByDefault: true));
        rig.Server.Publish(new GotSecret(foo, Rig.Request(1, "::1")));
        rig.Server.Publish(new Rejected(foo, Rig.Request(1, "::1"), RejectionReason.Disabled));
        rig.Server.Publish(new Rejected(foo, Rig.Request(1, "::1"), RejectionReason.Denied));
        rig.Server.Publish(new Rejected(foo, Rig.Request(1, "::1"), RejectionReason.ApprovalTimedOut));
        rig.Server.Publish(new AnomalyNoticed(foo, Rig.Request(1, "::1"), AnomalyKind.MachineRuns, "it runs"));
        rig.Server.Publish(new ClientNotFound("0AB1", IPAddress.Parse("fe80::1")));

        Assert.Equal(
            [
                .. OnBoth("CheckerStarted(\"a command\")"),
                .. OnBoth("CheckerCompleted(3, 768, \"a command\")"),
                .. OnBoth("CheckerCompleted(-1, -247, \"a command\")"),
                .. OnBoth("CheckerCompleted(-1, -256, \"a?command\")"),
                .. OnBoth("NeedApproval(1500, true)"),
                .. OnBoth("GotSecret()"),
                .. OnBoth("Rejected(\"Disabled\")"),
                .. OnBoth("Rejected(\"Denied\")"),
                .. OnBoth("Rejected(\"Approval timed out\")"),
                "/ Server.Server.AnomalyNoticed(/clients/foo, \"::1\", \"MachineRuns\", \"it runs\")",
                "/ Server.ClientNotFound(\"0AB1\", \"fe80::1\")",
                "/ OldServer.ClientNotFound(\"0AB1\", \"fe80::1\")",
            ],
            await rig.HearAsync());
    }

    [Fact]
    public async Task Events_MoreThanOneGo_AllGoBeforeTheReplyOfACommand()
    {
        const int events = 2500;
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        for (var i = 0; i < events; i++)
        {
            rig.Server.Publish(new GotSecret(Rig.Client("foo"), Rig.Request(1, "::1")));
        }

        var first = rig.Caller.CallAsync(Rig.Foo, Caller.Client, "CheckedOK", Array.Empty<string>());
        var second = rig.Caller.GetAsync(Rig.Foo, "LastCheckerStatus");
        await first;
        Assert.Equal("0", await second);

        var heard = rig.Caller.TakeHeard();
        Assert.Equal(2 * events, heard.TakeWhile(text => text.Contains("GotSecret", StringComparison.Ordinal)).Count());
        Assert.Equal(["reply to CheckedOK", "reply to Get"], heard.TakeLast(2));
    }

    [Fact]
    public async Task Start_Clients_AreTold()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        await rig.Bus.RestartAsync();
        await rig.ConnectAsync();

        await rig.ServeAsync(rig.Server);

        Assert.Equal(
            ["InterfacesAdded", "ClientAdded", "ClientAdded"],
            (await rig.HearAsync()).Select(text => text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..text.IndexOf('(', StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task Stop_Clients_AreToldToBeGone()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));

        await rig.StopAsync();

        await rig.Caller.Connection.GetNameOwnerAsync(Caller.Service, TestContext.Current.CancellationToken);
        Assert.Equal([.. Removed("foo", "foo"), .. Removed("bar", "bar")], rig.Caller.TakeHeard());
    }

    private static string[] Changed(string name, string value) =>
    [
        $"/clients/foo Client.PropertyChanged(\"{name}\", {value})",
        $"/clients/foo OldClient.PropertyChanged(\"{name}\", {value})",
        $"/clients/foo Properties.PropertiesChanged(\"Client\", {{\"{name}\": {value}}}, [])",
    ];

    private static string[] Removed(string node, string name) =>
    [
        $"/ ObjectManager.InterfacesRemoved(/clients/{node}, {Gone})",
        $"/ Server.ClientRemoved(/clients/{node}, \"{name}\")",
        $"/ OldServer.ClientRemoved(/clients/{node}, \"{name}\")",
    ];

    private static string[] OnBoth(string signal) => [$"/clients/foo Client.{signal}", $"/clients/foo OldClient.{signal}"];
}
