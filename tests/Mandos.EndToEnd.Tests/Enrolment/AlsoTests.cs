using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Enrolment;

/// <summary><c>mandos-ctl --add --also</c>: one command enrols a client at two servers, the other one by OpenSSH.</summary>
public sealed class AlsoTests(ClientKeys keys)
{
    /// <summary>An sshd for one connection, that needs none of what its package would make.</summary>
    private const string Daemon = """
        mount -t tmpfs none /run
        mkdir -m 755 /run/sshd
        mount --bind "$1/passwd" /etc/passwd
        exec "$2" -i -f "$1/sshd_config"
        """;

    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_AlsoAtAnother_IsServedByBoth()
    {
        using var directory = new TemporaryDirectory();
        await using WebSite here = await WebSite.StartAsync([]);
        await using WebSite there = await WebSite.StartAsync([]);
        await PrepareSshAsync(directory, there);
        string stanza = keys.First.StanzaWith("checker = true");
        string FileAt(WebSite site) => Path.Combine(site.Server.ConfigDirectory, "clients.d", "first.conf");

        CommandResult dryRun = await RunAsync(directory, here, stanza, "--dry-run");
        Assert.True(dryRun.ExitCode == 0, dryRun.Errors);
        Assert.EndsWith($"root@other: would add the same\nfirst: would be written to {FileAt(here)}\n", dryRun.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(FileAt(here)) || File.Exists(FileAt(there)));

        CommandResult added = await RunAsync(directory, here, stanza);
        Assert.True(added.ExitCode == 0, added.Errors);
        Assert.Contains($"first: written to {FileAt(here)}\nfirst: the server has it, enabled, and its check succeeded\n", added.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"root@other: first: written to {FileAt(there)}\nroot@other: first: the server has it, enabled, and its check succeeded\n", added.Output,
            StringComparison.Ordinal);
        await keys.First.RequirePasswordAsync(here.Server.EndPoint);
        await keys.First.RequirePasswordAsync(there.Server.EndPoint);
    }

    [Fact]
    public async Task Add_AnotherWouldRefuseIt_IsAddedNowhere()
    {
        using var directory = new TemporaryDirectory();
        await using WebSite here = await WebSite.StartAsync([]);
        await using WebSite there = await WebSite.StartAsync([keys.First.Stanza]);
        await PrepareSshAsync(directory, there);

        CommandResult refused = await RunAsync(directory, here, keys.First.Stanza);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("root@other: mandos-ctl: input:1: section [first] is defined twice", refused.Errors, StringComparison.Ordinal);
        Assert.EndsWith("mandos-ctl: root@other: mandos-ctl refuses that there\n", refused.Errors, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(here.Server.ConfigDirectory, "clients.d")));

        directory.Write("ssh_config", "Host other\n  ProxyCommand false\n");
        CommandResult unreached = await RunAsync(directory, here, keys.Second.Stanza);
        Assert.Equal(1, unreached.ExitCode);
        Assert.EndsWith("mandos-ctl: root@other: ssh does not reach it\n", unreached.Errors, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(here.Server.ConfigDirectory, "clients.d")));
    }

    /// <summary>Makes keys, an ssh that finds them, and what sshd runs for a root who logs in as on another machine.</summary>
    private static async Task PrepareSshAsync(TemporaryDirectory directory, WebSite there)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "sshd lets nobody but its own user in unless root runs it");
        string sshd = Path.Combine(Repository.Peers, "usr/sbin/sshd");
        foreach (string key in (string[])["host", "user"])
        {
            await Command.RequireAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", directory.PathOf(key)]);
        }

        string command = directory.Write(
            "command", $"#!/bin/sh\nexec '{_ctl}' --socket '{there.Socket}' --configdir '{there.Server.ConfigDirectory}' ${{SSH_ORIGINAL_COMMAND#mandos-ctl}}\n");
        directory.Write("authorized_keys", $"restrict,command=\"sh {command}\" {await File.ReadAllTextAsync(directory.PathOf("user.pub"), Cancellation)}");
        directory.Write("passwd", "root:x:0:0:root:/root:/bin/sh\nsshd:x:65534:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n");
        directory.Write(
            "sshd_config", string.Join('\n', [$"HostKey {directory.PathOf("host")}", $"AuthorizedKeysFile {directory.PathOf("authorized_keys")}", "UsePAM no",
                "StrictModes no", .. SshServer.Programs]) + "\n");
        directory.Write("daemon", Daemon);
        directory.Write(
            "ssh_config", $"""
                Host other
                  ProxyCommand unshare --mount sh -e {directory.PathOf("daemon")} {directory.FullName} {sshd}
                  IdentityFile {directory.PathOf("user")}
                  UserKnownHostsFile {directory.PathOf("known_hosts")}
                  StrictHostKeyChecking accept-new
                  LogLevel ERROR

                """);
        string ssh = directory.Write("ssh", $"#!/bin/sh\nexec '{Path.Combine(Repository.Peers, "usr/bin/ssh")}' -F '{directory.PathOf("ssh_config")}' \"$@\"\n");
        File.SetUnixFileMode(ssh, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static Task<CommandResult> RunAsync(TemporaryDirectory ssh, WebSite here, string input, params IEnumerable<string> arguments)
    {
        var start = Command.Describe(
            _ctl, ["--socket", here.Socket, "--configdir", here.Server.ConfigDirectory, "--add", "--also", "root@other", .. arguments]);
        start.Environment["PATH"] = $"{ssh.FullName}:{start.Environment["PATH"]}";
        return Command.RunAsync(start, input);
    }
}
