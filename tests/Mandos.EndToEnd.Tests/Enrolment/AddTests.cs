using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;
using Mandos.TestKit.Peers;
using static Mandos.EndToEnd.Tests.Enrolment.SiteCtl;

namespace Mandos.EndToEnd.Tests.Enrolment;

/// <summary>What <c>mandos-keygen --password</c> prints goes through <c>mandos-ctl --add</c> into the files, and its client gets its password.</summary>
public sealed class AddTests(ClientKeys keys)
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_WhatMandosKeygenPrints_IsServedToMandosClient()
    {
        await using ServerOnBus scene = await ServerOnBus.StartAsync("");
        string[] add = ["--add", "--configdir", scene.Server.ConfigDirectory];
        string file = Path.Combine(scene.Server.ConfigDirectory, "clients.d", "first.conf");

        CommandResult dryRun = await scene.RunWithInputAsync(keys.First.Stanza, _ctl, [.. add, "--dry-run"]);
        Assert.True(dryRun.ExitCode == 0, dryRun.Errors);
        Assert.EndsWith($"first: would be written to {file}\n", dryRun.Output, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.GetDirectoryName(file)));

        CommandResult added = await scene.RunWithInputAsync(keys.First.Stanza, _ctl, add);
        Assert.True(added.ExitCode == 0, added.Errors);
        Assert.Contains($"first: written to {file}\nfirst: the server has it, enabled", added.Output, StringComparison.Ordinal);
        string lineOfSecret = keys.First.Stanza.TrimEnd().Split('\n')[^2].Trim();
        Assert.DoesNotContain(lineOfSecret, dryRun.Output + added.Output + added.Errors, StringComparison.Ordinal);
        Assert.Contains(lineOfSecret, await File.ReadAllTextAsync(file, Cancellation), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(file));
        await keys.First.RequirePasswordAsync(scene.Server.EndPoint);

        CommandResult again = await scene.RunWithInputAsync(keys.First.Stanza, _ctl, add);
        Assert.Equal(
            (1, $"mandos-ctl: input:1: section [first] is defined twice, first at {file}:2\nmandos-ctl: nothing was added\n"), (again.ExitCode, again.Errors));
        await scene.Server.StopAsync();
        await scene.Server.StartAsync();
        await keys.First.RequirePasswordAsync(scene.Server.EndPoint);
    }

    [Fact]
    public async Task Add_SeveralInAFileBySocket_AreCheckedAndServed()
    {
        await using WebSite site = await WebSite.StartAsync([]);
        string file = Path.Combine(site.Server.ScratchDirectory, "stanzas");
        await File.WriteAllTextAsync(file, keys.First.StanzaWith("checker = true") + keys.Second.StanzaWith("checker = false", "location = cellar"), Cancellation);

        CommandResult added = await RunAsync(site, "", "--add", file);

        Assert.True(added.ExitCode == 0, added.Errors);
        Assert.Contains("first: the server has it, enabled, and its check succeeded\n", added.Output, StringComparison.Ordinal);
        Assert.Contains("  Location             cellar\n", added.Output, StringComparison.Ordinal);
        Assert.Contains("warning: the check of second failed", added.Errors, StringComparison.Ordinal);
        Assert.EndsWith("is its host right, and is it up? mandos-ctl --host ADDRESS second sets another\n", added.Errors, StringComparison.Ordinal);
        await keys.First.RequirePasswordAsync(site.Server.EndPoint);
        await keys.Second.RequirePasswordAsync(site.Server.EndPoint);
    }

    [Fact]
    public async Task Add_WhatNoClientCanBe_IsRefusedWithTheReason()
    {
        var thief = new TestClient("thief");
        await using WebSite site = await WebSite.StartAsync([keys.First.Stanza]);
        (string Text, string Reason)[] stanzas =
        [
            (keys.First.Stanza.Replace("[first]", "[other]", StringComparison.Ordinal), "key_id: is that of client [first] too, at "),
            (Truncated(keys.Second.Stanza), "[second] secret: is cut short: an OpenPGP packet in it is longer than what there is"),
            (keys.Second.Stanza + thief.StanzaWith(), "[thief] secret: is OpenPGP data that is not encrypted with a client's key"),
            (keys.Second.StanzaWith("timeout = soon"), " is no duration; use one such as PT5M"),
            (keys.Second.StanzaWith("checker_plugin = nosuch"), "there is no checker "),
        ];
        foreach ((string text, string reason) in stanzas)
        {
            CommandResult refused = await RunAsync(site, text, "--add");

            Assert.True(refused.ExitCode == 1, refused.Output);
            Assert.Contains(reason, refused.Errors, StringComparison.Ordinal);
            Assert.EndsWith("mandos-ctl: nothing was added\n", refused.Errors, StringComparison.Ordinal);
        }

        CommandResult elsewhere = await Command.RunAsync(Command.Describe(_ctl, ["--socket", site.Socket, "--configdir", "/etc", "--add"]), keys.Second.Stanza);
        Assert.Equal(1, elsewhere.ExitCode);
        Assert.Contains($"the server has its files in {site.Server.ConfigDirectory}, not in /etc", elsewhere.Errors, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(site.Server.ConfigDirectory, "clients.d")));
        Assert.Equal("first\n", (await RunAsync(site, "", "--names")).Output);
    }

    [Fact]
    public async Task Purge_AfterRemove_LeavesNothingThatBringsItBack()
    {
        await using WebSite site = await WebSite.StartAsync([keys.Second.Stanza]);
        string file = Path.Combine(site.Server.ConfigDirectory, "clients.d", "first.conf");
        await RequireAsync(site, keys.First.Stanza, "--add");

        CommandResult removed = await RunAsync(site, "", "--remove", "first", "second");
        Assert.Contains($"mandos-ctl: first still stands at {file}:2, and stays away until", removed.Errors, StringComparison.Ordinal);
        Assert.Contains($"mandos-ctl: second still stands at {site.Server.ClientsFile}:1, and", removed.Errors, StringComparison.Ordinal);
        CommandResult shared = await RunAsync(site, "", "--purge", "first", "second");
        Assert.Equal(1, shared.ExitCode);
        Assert.Contains("nothing was removed: take it out there by hand", shared.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(file));

        Assert.Equal($"first: removed, with {file}\n", await RequireAsync(site, "", "--purge", "first"));
        Assert.False(File.Exists(file));
        CommandResult back = await RunAsync(site, keys.First.Stanza, "--add");
        Assert.Contains("was removed, so this one would stay away; mandos-ctl --forget first forgets that one", back.Errors, StringComparison.Ordinal);
        await RequireAsync(site, "", "--forget", "first");
        await RequireAsync(site, keys.First.Stanza, "--add");
        await keys.First.RequirePasswordAsync(site.Server.EndPoint);
    }

    // Nothing but the kernel says where the program is when it is killed: before each operation on the server's files, one run after another.
    [Fact]
    public async Task AddAndPurge_KilledBeforeEachOperationOnFiles_AreAsBeforeOrDone()
    {
        var client = new TestClient("victim") { Secret = [0xC1, 2, 3, 0, 0xD2, 3, 1, 0, 0] };
        await using WebSite site = await WebSite.StartAsync([]);
        string file = Path.Combine(site.Server.ConfigDirectory, "clients.d", "victim.conf");
        int before = 0;
        int done = 0;
        bool hadDirectory = false;
        for (int operation = 0; await KillAtAsync(site, operation, client.StanzaWith("checker = true"), "--add") != 0; operation++)
        {
            if (!hadDirectory && Path.Exists(Path.GetDirectoryName(file)))
            {
                (hadDirectory, operation) = (true, -1); // from now on it need not be made
            }

            await RequireAsync(site, "", "--reload");
            PeerOutcome outcome = await client.FetchAsync(site.Server);
            if (File.Exists(file))
            {
                Assert.EndsWith("\n" + client.StanzaWith("checker = true") + "\n", await File.ReadAllTextAsync(file, Cancellation), StringComparison.Ordinal);
                Assert.Equal(client.Secret, outcome.Secret);
                done++;
                File.Delete(file);
                await RequireAsync(site, "", "--reload");
            }
            else
            {
                Assert.Empty(outcome.Secret);
                before++;
            }
        }

        Assert.True(before >= 10 && done >= 1, $"killed {before} times before it was there, and {done} times after");
        await client.RequireSecretAsync(site.Server);
        Assert.Equal([file], Directory.GetFileSystemEntries(Path.GetDirectoryName(file)!));

        int kills = 0;
        for (; await KillAtAsync(site, kills, "", "--purge", "victim") != 0; kills++)
        {
            await RequireAsync(site, "", "--reload");
            await client.RequireRefusalAsync(site.Server);
            Assert.Equal(kills == 0, File.Exists(file));
            if (kills > 0)
            {
                await RequireAsync(site, "", "--forget", "victim");
                await RequireAsync(site, client.StanzaWith("checker = true"), "--add");
            }
        }

        Assert.Equal(2, kills);
        await client.RequireRefusalAsync(site.Server);
    }

    [Fact]
    public async Task Unknown_MandosClientThatNobodyKnows_IsListedUntilItIsAdded()
    {
        await using WebSite site = await WebSite.StartAsync([]);
        Assert.Equal("Last Address Count First Key ID\n", await RequireAsync(site, "", "--unknown"));
        string keyId = keys.First.Stanza.Split('\n').First(static line => line.StartsWith("key_id", StringComparison.Ordinal)).Split('=')[1].Trim();

        Task<CommandResult> asking = keys.First.FetchAsync(site.Server.EndPoint); // it asks again and again
        string listed = "";
        await Patience.UntilAsync("the key is listed", async () => (listed = await RequireAsync(site, "", "--unknown")).Contains("::1", StringComparison.Ordinal));

        Assert.Matches($@"\n20\S+ +::1 +[0-9]+ +20\S+ +{keyId.ToUpperInvariant()} *\n\z", listed);
        await RequireAsync(site, keys.First.Stanza, "--add");
        Assert.Equal(keys.First.Password, (await asking).Output);
        Assert.Equal("Last Address Count First Key ID\n", await RequireAsync(site, "", "--unknown"));
    }

    private static string Truncated(string stanza)
    {
        string[] lines = stanza.TrimEnd().Split('\n');
        return string.Join('\n', lines[..^4]) + "\n";
    }
}
