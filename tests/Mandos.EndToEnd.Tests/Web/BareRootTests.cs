using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>Where there is no D-Bus, no Avahi and no syslog, the server serves, and an administrator approves and disables.</summary>
public sealed class BareRootTests
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");
    private static readonly string _monitor = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-monitor");

    [Fact]
    public async Task Server_WithoutBusAvahiAndSyslog_IsSteeredByItsSocket()
    {
        var client = new TestClient("machine");
        await using BareRoot root = await BareRoot.StartAsync(client.StanzaWith("approval_delay = PT1H", "approved_by_default = False", "checker = true"));
        foreach (string absent in (string[])["/run/dbus", "/run/avahi-daemon", "/dev/log", "/etc/machine-id"])
        {
            Assert.Equal(1, (await root.RunAsync("test", "-e", absent)).ExitCode);
        }

        Assert.Contains("\nmachine Yes ", await root.RequireAsync(_ctl, "--socket", BareRoot.Socket), StringComparison.Ordinal);

        Task<PeerOutcome> fetch = client.FetchAsync(root.Server);
        await Patience.UntilAsync("a request", async () => (await root.RequireAsync(_ctl, "--requests")).Contains(" ::1 ", StringComparison.Ordinal));
        Assert.False(fetch.IsCompleted);
        await root.RequireAsync(_ctl, "--socket", BareRoot.Socket, "--approve", "machine");
        Assert.Equal(client.Secret, (await fetch).Secret);

        await root.RequireAsync(_ctl, "--socket", BareRoot.Socket, "--disable", "machine");
        await client.RequireRefusalAsync(root.Server);
        Assert.Equal(1, (await root.RunAsync(_ctl, "--is-enabled", "machine")).ExitCode);
    }

    /// <summary>Without options too mandos-ctl finds the socket; where nobody listens any more, it names both ways.</summary>
    [Fact]
    public async Task Ctl_WithoutOptions_FindsTheSocketWhereThereIsNoBus()
    {
        await using BareRoot root = await BareRoot.StartAsync(new TestClient("machine").StanzaWith("checker = true"));

        Assert.Equal("machine\n", await root.RequireAsync(_ctl, "--names"));
        Assert.Contains("GET /api/v1/clients", (await root.RunAsync(_ctl, "--names", "--debug")).Errors, StringComparison.Ordinal);

        CommandResult named = await root.RunAsync("env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent", _ctl);
        Assert.Equal(
            (1, "mandos-ctl: cannot connect to the system bus: unix:path=/nonexistent: No such file or directory\n"), (named.ExitCode, named.Errors));
        await root.RequireAsync("mv", BareRoot.Socket, BareRoot.Socket + "2");
        await root.RequireAsync("touch", BareRoot.Socket);
        CommandResult nobody = await root.RunAsync(_ctl);
        Assert.Equal(
            (1, "mandos-ctl: cannot connect to the system bus: unix:path=/run/dbus/system_bus_socket: No such file or directory; "
                + $"cannot connect to {BareRoot.Socket}: Connection refused\n"),
            (nobody.ExitCode, nobody.Errors));
        await root.RequireAsync("rm", BareRoot.Socket);
        CommandResult nothing = await root.RunAsync(_ctl);
        Assert.Equal(
            (1, "mandos-ctl: cannot connect to the system bus: unix:path=/run/dbus/system_bus_socket: No such file or directory; "
                + $"where there is no D-Bus, --socket names the socket of the server's web API, and there is none at {BareRoot.Socket}\n"),
            (nothing.ExitCode, nothing.Errors));
    }

    [Fact]
    public async Task Ctl_OnABusWithoutAServer_UsesTheSocket()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        await using BareRoot root = await BareRoot.StartAsync(new TestClient("machine").StanzaWith("checker = true"));
        await root.ShareAsync(bus);

        Assert.Equal("machine\n", await root.RequireAsync(_ctl, "--names"));

        CommandResult named = await root.RunAsync("env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket", _ctl);
        Assert.Equal(
            (1, "mandos-ctl: no Mandos server on the system bus (nobody has the name se.recompile.Mandos)\n"), (named.ExitCode, named.Errors));
    }

    [Fact]
    public async Task Monitor_OnABusWithoutAServer_FindsTheSocketOnceItIsThere()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        await using BareRoot root = await BareRoot.StartAsync(new TestClient("machine").StanzaWith("checker = true"));
        await root.ShareAsync(bus);
        await root.RequireAsync("mv", BareRoot.Socket, BareRoot.Socket + "2");
        await using Terminal terminal = await Terminal.StartAsync(
            null, "/usr/bin/env", ["-u", "DBUS_SYSTEM_BUS_ADDRESS", "nsenter", .. root.EnterWith(_monitor)]);
        await terminal.WaitForAsync("no Mandos server on the system bus; waiting for it");

        await root.RequireAsync("mv", BareRoot.Socket + "2", BareRoot.Socket);

        await terminal.WaitForAsync("> machine +Enabled");
        await terminal.PressAsync("-");
        await terminal.WaitForAsync("> machine +DISABLED");
    }
}
