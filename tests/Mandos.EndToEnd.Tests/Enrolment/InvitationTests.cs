using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Enrolment;

/// <summary>
/// The command that <c>mandos-ctl --invite</c> prints, run by a shell with Debian's mandos-keygen and gnutls-cli, and what becomes of it: a client that
/// mandos-client gets its password as, or a refusal with the reason on the machine's terminal.
/// </summary>
public sealed partial class InvitationTests(ClientKeys keys)
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Invite_PastedAtATerminalAndAcceptedOnDBus_IsServedToMandosClient()
    {
        DBusDaemon bus = await DBusDaemon.StartAsync();
        var server = new TestServer("--debug") { Bus = bus, EndPoint = new(IPAddress.IPv6Loopback, FreePort.Find()) };
        await server.ConfigureAsync("invitations = True");
        await using ServerOnBus scene = await ServerOnBus.StartAsync(bus, server, []);
        string[] here = ["--configdir", server.ConfigDirectory];
        string command = (await scene.RequireAsync(_ctl, "--invite", "first", "--valid", "PT1H")).TrimEnd();
        string tools = Tools(server, keys.First, then: null);
        string script = Path.Combine(server.ScratchDirectory, "paste");
        await File.WriteAllTextAsync(script, $"PATH={tools}:$PATH\nLD_LIBRARY_PATH={Command.PeerLibraries}\nexport PATH LD_LIBRARY_PATH\n{command}\nsleep 60\n", Cancellation);

        await using (Terminal terminal = await Terminal.StartAsync(null, "/bin/sh", script))
        {
            await terminal.WaitForAsync("Enter passphrase:");
            await terminal.PressAsync(keys.First.Password, "Enter");
            await terminal.WaitForAsync("Repeat passphrase:");
            await terminal.PressAsync(keys.First.Password, "Enter");
            await terminal.WaitForAsync("taken, key ID");
        }

        string keyId = KeyIdOf(keys.First);
        Assert.Matches($@"\nfirst +20\S+ +20\S+ +::1 +{keyId} *\n\z", await scene.RequireAsync(_ctl, "--invitations"));
        await server.StopAsync();
        await server.StartAsync();
        await scene.Peer.WaitForServerAsync(server);
        Assert.Empty(await scene.RequireAsync(_ctl, "--names"));
        string dryRun = await scene.RequireAsync(_ctl, [.. here, "--accept", "first", "--dry-run"]);
        Assert.Contains("first: would be written to ", dryRun, StringComparison.Ordinal);
        string accepted = await scene.RequireAsync(_ctl, [.. here, "--accept", "first"]);

        Assert.Contains("first: the server has it, enabled", accepted, StringComparison.Ordinal);
        Assert.Equal("Name Until Arrived Address Key ID\n", await scene.RequireAsync(_ctl, "--invitations"));
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Fact]
    public async Task Invited_WhatCannotBeTaken_IsRefusedWithTheReasonAtTheMachine()
    {
        await using WebSite site = await StartAsync(keys.First.Stanza);
        string other = await InviteAsync(site, "other");
        string tools = Tools(site.Server, keys.Second, "");
        string cut = Tools(site.Server, keys.Second, " | head -n -4");

        // The pin comes first: to a server with another key, gnutls-cli sends nothing.
        CommandResult wrongPin = await PasteAsync(tools, Pin().Replace(other, static pin => pin.Value[..^1] + (pin.Value[^1] == '0' ? '1' : '0')));
        Assert.Equal(1, wrongPin.ExitCode);
        Assert.Contains("is known and it is associated with a different key", wrongPin.Errors, StringComparison.Ordinal);
        Assert.Empty(wrongPin.Output);
        await site.Server.Log.WaitForAsync("WARNING", "TLS handshake failed: an invited machine is to use TLS 1.3, and to know this server's key");

        await RequireRefusalAsync(tools, Token().Replace(other, new string('0', 32)), "nobody has been invited with this token, or that is long ago");
        await RequireRefusalAsync(tools, Token().Replace(other, "token"), "what is sent as a token is none: paste the whole command that mandos-ctl --invite prints");
        await RequireRefusalAsync(tools, await InviteAsync(site, "late", "--valid", "1"), @"the invitation of late was valid until 20[-0-9T:]+Z");
        await RequireRefusalAsync(tools, other.Replace("--name other", "--name else", StringComparison.Ordinal), @"the section cannot be taken: line 1 has to be \[other\], the name that was invited");
        await RequireRefusalAsync(Tools(site.Server, keys.First, ""), other, @"input:3: key_id: is that of client \[first\] too, at \S+:3; each client needs its own");
        await RequireRefusalAsync(cut, other, @"input:1: \[other\] secret: is cut short: an OpenPGP packet in it is longer than what there is, .*");
        await RequireRefusalAsync(
            Tools(site.Server, keys.Second, "; echo checker = true"), other, "the section cannot be taken: line [0-9]+ is no option that an invited client may set; .*");

        CommandResult taken = await PasteAsync(tools, other);
        Assert.True(taken.ExitCode == 0, taken.Errors);
        Assert.Equal($"taken, key ID {KeyIdOf(keys.Second)}: on the server, mandos-ctl --accept other makes it a client\n", taken.Output);
        await RequireRefusalAsync(tools, other, "the invitation of other has been used: what was sent waits on the server, or has waited too long");

        await RequireAsync(site, "--reject", "other");
        await RequireRefusalAsync(tools, other, "the invitation of other has been ended on the server");
        CommandResult accepted = await RunAsync(site, "--configdir", site.Server.ConfigDirectory, "--accept", "other");
        Assert.Equal((1, "mandos-ctl: the server says: nothing has arrived for “other” that could be accepted; mandos-ctl --invitations shows what has\n"), (accepted.ExitCode, accepted.Errors));
        Assert.Equal("first\n", await RequireAsync(site, "--names"));
        string token = Token().Match(other).Value;
        Assert.DoesNotContain(site.Server.Log.Lines, line => line.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Invite_WhereItIsOff_SaysHowToTurnItOn()
    {
        await using WebSite site = await WebSite.StartAsync([]);

        CommandResult refused = await RunAsync(site, "--invite", "first");

        Assert.Equal(
            (1, "mandos-ctl: the server says: invitations are off; write “invitations = True” into mandos.conf, and restart the server\n"),
            (refused.ExitCode, refused.Errors));
    }

    private static async Task<WebSite> StartAsync(params string[] stanzas)
    {
        var server = new TestServer("--debug");
        await server.ConfigureAsync("invitations = True");
        return await WebSite.StartAsync(server, stanzas);
    }

    private static async Task<string> InviteAsync(WebSite site, string name, params string[] options)
        => (await RequireAsync(site, ["--invite", name, .. options])).TrimEnd();

    private static async Task<CommandResult> PasteAsync(string tools, string command)
    {
        ProcessStartInfo start = Command.Describe("sh", ["-c", command]);
        start.Environment["PATH"] = $"{tools}:{start.Environment["PATH"]}";
        return await Command.RunAsync(start, "");
    }

    private static async Task RequireRefusalAsync(string tools, string command, string reason)
    {
        CommandResult refused = await PasteAsync(tools, command);
        Assert.Matches($@"\Arefused: {reason}\n\z", refused.Output);
    }

    private static Task<CommandResult> RunAsync(WebSite site, params string[] arguments)
        => Command.RunAsync(_ctl, ["--socket", site.Socket, .. arguments]);

    private static async Task<string> RequireAsync(WebSite site, params string[] arguments)
    {
        CommandResult result = await RunAsync(site, arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)} failed: {result.Errors}");
        return result.Output;
    }

    /// <summary>The programs of a client's machine, with its keys where they are in the test.</summary>
    /// <param name="server">In whose scratch directory they are.</param>
    /// <param name="client">Whose keys.</param>
    /// <param name="then">What the shell does with what mandos-keygen prints; null: it asks for the password at the terminal.</param>
    /// <returns>The directory to put first in the search path.</returns>
    private static string Tools(TestServer server, StockClient client, string? then)
    {
        string directory = Directory.CreateDirectory(Path.Combine(server.ScratchDirectory, $"tools-{Guid.NewGuid():N}")).FullName;
        string password = then is null ? "" : $" --passfile '{client.Directory}/password'{then}";
        string keygen = Path.Combine(directory, "mandos-keygen");
        File.WriteAllText(keygen, $"#!/bin/sh\n'{Repository.Peers}/usr/sbin/mandos-keygen' \"$@\" --dir '{client.Directory}'{password}\n");
        File.SetUnixFileMode(keygen, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(directory, "gnutls-cli"), $"{Repository.Peers}/usr/bin/gnutls-cli");
        return directory;
    }

    private static string KeyIdOf(StockClient client)
        => KeyIdLine().Match(client.Stanza).Groups[1].Value.ToUpperInvariant();

    [GeneratedRegex("(?<=\\|6\\|)[0-9a-f]{64}")]
    private static partial Regex Pin();

    [GeneratedRegex("(?<=enrol 1 )[0-9a-f]{32}")]
    private static partial Regex Token();

    [GeneratedRegex("^key_id *= *([0-9a-fA-F]+)", RegexOptions.Multiline)]
    private static partial Regex KeyIdLine();
}
