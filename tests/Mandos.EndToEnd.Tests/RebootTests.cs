using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;

namespace Mandos.EndToEnd.Tests;

/// <summary>Reboots that are announced, and rehearsals, with Debian's mandos-client and our mandos-ctl.</summary>
public sealed class RebootTests(ClientKeys keys)
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    // Nobody approves, and its checks fail: without an announcement it gets nothing.
    private static readonly string[] _options = ["checker = false", "approval_delay = PT0S", "approved_by_default = False"];

    [Fact]
    public async Task ExpectReboot_ClientThatIsAway_GetsOneSecretAlsoAfterARestart()
    {
        await using ServerOnBus scene = await ServerOnBus.StartAsync(keys.First.StanzaWith(_options));

        await scene.RequireAsync(_ctl, "--expect-reboot", "PT30M", "--for", "a new kernel", "--no-approval", "first");
        await scene.RequireAsync(_ctl, "--timeout", "1", "first"); // a millisecond, which is over
        await scene.RequireAsync(_ctl, "--is-enabled", "first");
        await scene.Server.StopAsync();
        await scene.Server.StartAsync();
        await scene.Peer.WaitForServerAsync(scene.Server);
        string listed = await scene.RequireAsync(_ctl, "--dump-json", "first");
        Assert.Contains("\"RebootReason\": \"a new kernel\",\n        \"RebootNeedsNoApproval\": true\n", listed, StringComparison.Ordinal);
        await keys.First.RequirePasswordAsync(scene.Server.EndPoint);

        await scene.Server.Log.WaitForAsync("INFO", "Client first: its reboot is not expected any more: it got its secret");
        Assert.DoesNotContain("Reboot", await scene.RequireAsync(_ctl, "--dump-json", "first"), StringComparison.Ordinal);
        Task second = keys.First.RequirePasswordAsync(scene.Server.EndPoint); // it asks again and again
        await scene.Server.Log.WaitForAsync("INFO", "decision=refused reason=\"not approved by default\"");
        await scene.RequireAsync(_ctl, "--approval-duration", "PT1H", "--approve", "first");
        await second;
        await scene.Server.Log.WaitForAsync("INFO", "decision=sent reason=\"approved\"");
    }

    [Fact]
    public async Task ExpectReboot_BySocket_IsTakenBackAndRefusedWithTheReason()
    {
        await using WebSite site = await WebSite.StartAsync([keys.First.StanzaWith(_options), keys.Second.Stanza]);
        await RequireAsync(site, "--expect-reboot", "PT30M", "--no-approval", "first");
        Assert.Contains("\"RebootNeedsNoApproval\": true", await RequireAsync(site, "-j", "first"), StringComparison.Ordinal);
        await RequireAsync(site, "--timeout", "1", "first");
        await RequireAsync(site, "--is-enabled", "first");
        await RequireAsync(site, "--no-reboot", "first");
        Assert.Equal(1, (await RunAsync(site, ["--is-enabled", "first"])).ExitCode);
        await RequireAsync(site, "--timeout", "PT5M", "--enable", "first");
        await RequireAsync(site, "--disable", "second");

        await RefuseAsync(site, "client second: the server says: client “second” is disabled and gets no secret; enable it first", "--expect-reboot", "1h", "second");
        await RefuseAsync(site, "client first: the server says: a reboot can be expected for at most 7 days", "--expect-reboot", "P8D", "first");
        await RefuseAsync(
            site, "client first: the server says: the reason for a reboot may have no control characters, such as line feeds",
            "--expect-reboot", "1h", "--for", "a\nb", "first");
        await RefuseAsync(site, "client second: the server says: client “second” is disabled and gets no secret; enable it first", "--expect-reboot", "1h", "--all");
        Assert.Contains("RebootUntil", await RequireAsync(site, "-j", "first"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rehearse_NextRequest_IsToldOfAsARehearsal()
    {
        await using ServerOnBus scene = await ServerOnBus.StartAsync(keys.First.StanzaWith("checker = true"));
        Assert.Matches("^Name +Host +Last Successful Check +Created *\nfirst ", await scene.RequireAsync(_ctl, "--unproven"));
        await scene.RequireAsync(_ctl, "--rehearse", "first", "--valid", "PT20M");
        Assert.Contains("\"RehearsalUntil\": \"20", await scene.RequireAsync(_ctl, "-j"), StringComparison.Ordinal);

        await keys.First.RequirePasswordAsync(scene.Server.EndPoint);

        await scene.Server.Log.WaitForAsync("INFO", "rehearsal: first got its secret from ");
        await scene.Server.Log.WaitForAsync("INFO", "detail=\"rehearsal\"");
        Assert.DoesNotContain("first", await scene.RequireAsync(_ctl, "--unproven"), StringComparison.Ordinal);
        Assert.DoesNotContain("RehearsalUntil", await scene.RequireAsync(_ctl, "-j"), StringComparison.Ordinal);
    }

    private static async Task<string> RequireAsync(WebSite site, params string[] arguments)
    {
        CommandResult result = await RunAsync(site, arguments);
        Assert.True(result.ExitCode == 0, result.Errors);
        return result.Output;
    }

    private static async Task RefuseAsync(WebSite site, string reason, params string[] arguments)
    {
        CommandResult result = await RunAsync(site, arguments);
        Assert.Equal((1, $"mandos-ctl: {reason}\n"), (result.ExitCode, result.Errors));
    }

    private static Task<CommandResult> RunAsync(WebSite site, string[] arguments)
        => Command.RunAsync(Command.Describe(_ctl, ["--socket", site.Socket, .. arguments]), input: "");
}
