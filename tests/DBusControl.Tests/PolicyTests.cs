using System.Diagnostics;
using DBusControl.Tests.Support;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>The policy file that is shipped, in a dbus-daemon with the rules of the system bus.</summary>
public sealed class PolicyTests
{
    private const string Nobody = "--reuid=65534 --regid=65534 --clear-groups";
    private const string GroupMember = "--reuid=65534 --regid=1 --clear-groups"; // 1 is the group daemon

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signals_OtherUser_HearsNone()
    {
        await using var rig = await StartAsync();

        Assert.DoesNotContain(await MonitorAsync(rig, Nobody), IsOfTheServer);
    }

    /// <summary>Why there is a rule against receiving: without it the system bus lets everybody hear all.</summary>
    [Fact]
    public async Task Signals_OtherUserWithoutOurRule_HearsThem()
    {
        await using var rig = await StartAsync(policy => policy.Replace("<deny receive_sender=", "<deny own=", StringComparison.Ordinal));

        Assert.Contains(await MonitorAsync(rig, Nobody), IsOfTheServer);
    }

    [Theory]
    [InlineData("--reuid=0 --regid=0 --clear-groups")]
    [InlineData(GroupMember)]
    public async Task Signals_RootAndGroup_HearThem(string user)
    {
        await using var rig = await StartAsync();

        Assert.Contains(await MonitorAsync(rig, user), IsOfTheServer);
    }

    [Theory]
    [InlineData("/", "org.freedesktop.DBus.ObjectManager.GetManagedObjects")]
    [InlineData("/clients/foo", "se.recompile.Mandos.Client.CheckedOK")]
    [InlineData("/", "org.freedesktop.DBus.Peer.Ping")]
    public async Task Call_OtherUser_IsRefused(string path, string method)
    {
        await using var rig = await StartAsync();
        foreach (var destination in new[] { Caller.Service, "se.bsnet.fukt.Mandos", await OwnerAsync(rig) })
        {
            var call = await RunAsync(Nobody, "dbus-send", $"--bus={rig.Bus.Address}", "--print-reply", $"--dest={destination}", path, method);

            Assert.Contains("org.freedesktop.DBus.Error.AccessDenied", call, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Call_Group_IsAnswered()
    {
        await using var rig = await StartAsync();

        Assert.Contains("method return", await RunAsync(
            GroupMember, "dbus-send", $"--bus={rig.Bus.Address}", "--print-reply", $"--dest={Caller.Service}", Rig.Foo,
            "se.recompile.Mandos.Client.CheckedOK"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("se.recompile.Mandos")]
    [InlineData("se.bsnet.fukt.Mandos")]
    public async Task Name_OtherUser_CannotHaveIt(string name)
    {
        await using var rig = await StartAsync();
        await rig.StopAsync();

        Assert.Contains("AccessDenied", await RunAsync(
            Nobody, "dbus-send", $"--bus={rig.Bus.Address}", "--print-reply", "--dest=org.freedesktop.DBus", "/",
            "org.freedesktop.DBus.RequestName", $"string:{name}", "uint32:4"), StringComparison.Ordinal);
    }

    private static bool IsOfTheServer(string line)
        => line.Contains("Mandos", StringComparison.Ordinal) || line.Contains("/clients", StringComparison.Ordinal);

    private static async Task<Rig> StartAsync(Func<string, string>? change = null)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "it takes root to become other users");
        var policy = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Data", "se.recompile.Mandos.conf"), Token);
        var start = policy.IndexOf("<policy", StringComparison.Ordinal);
        policy = policy[start..policy.LastIndexOf("</busconfig>", StringComparison.Ordinal)];

        // The group _mandos need not exist where the test runs.
        Assert.Contains("group=\"_mandos\"", policy, StringComparison.Ordinal);
        policy = policy.Replace("group=\"_mandos\"", "group=\"daemon\"", StringComparison.Ordinal);
        var rig = Rig.Create(rules: DBusDaemon.SystemRules + (change?.Invoke(policy) ?? policy), clients: Rig.Client("foo"));
        await rig.StartAllAsync(rig.Server);
        return rig;
    }

    private static async Task<string> OwnerAsync(Rig rig) => (await rig.Caller.Connection.GetNameOwnerAsync(Caller.Service, Token))!;

    /// <summary>What a user hears while a property changes. The monitor first asks to see everything, then to eavesdrop.</summary>
    private static async Task<List<string>> MonitorAsync(Rig rig, string user)
    {
        using var monitor = Start(user, "dbus-monitor", "--address", rig.Bus.Address, "--profile", "type='signal'");
        try
        {
            await HearMarkAsync(rig, monitor, "BeginMark");
            await rig.Caller.SetAsync(Rig.Foo, "Host", VariantValue.String("new"));
            return await HearMarkAsync(rig, monitor, "EndMark");
        }
        finally
        {
            monitor.Kill();
            await monitor.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Sends a signal that everybody may hear until it is heard.</summary>
    /// <returns>What was heard until then.</returns>
    private static async Task<List<string>> HearMarkAsync(Rig rig, Process monitor, string mark)
    {
        var lines = new List<string>();
        var line = monitor.StandardOutput.ReadLineAsync(Token).AsTask();
        while (true)
        {
            rig.Caller.Connection.SendSignal("/", "org.example.Test", mark);

            while (await Task.WhenAny(line, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token)) == line)
            {
                lines.Add(await line ?? throw new EndOfStreamException("dbus-monitor ended"));
                if (lines[^1].Contains(mark, StringComparison.Ordinal))
                {
                    return lines;
                }

                line = monitor.StandardOutput.ReadLineAsync(Token).AsTask();
            }
        }
    }

    private static Process Start(string user, params string[] command)
        => Process.Start(new ProcessStartInfo("setpriv", [.. user.Split(' '), .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>Runs a program as another user.</summary>
    /// <returns>All it prints.</returns>
    private static async Task<string> RunAsync(string user, params string[] command)
    {
        using var process = Start(user, command);
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return string.Concat(output);
    }
}
