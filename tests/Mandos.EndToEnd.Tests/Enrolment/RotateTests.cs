using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;
using Mandos.TestKit.Peers;
using static Mandos.EndToEnd.Tests.Enrolment.SiteCtl;

namespace Mandos.EndToEnd.Tests.Enrolment;

/// <summary>A client gets new keys: <c>mandos-ctl --rotate</c>, a boot with the new key, and <c>mandos-ctl --tidy</c>.</summary>
public sealed class RotateTests(ClientKeys keys)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string FileOf(WebSite site, string client) => Path.Combine(site.Server.ConfigDirectory, "clients.d", client + ".conf");

    [Fact]
    public async Task Rotate_MandosClientWithTwoKeyPairs_IsPromotedAfterABootAndACheck()
    {
        await using WebSite site = await WebSite.StartAsync([]);
        await RequireAsync(site, keys.First.StanzaWith("checker = true"), "--add");
        string sections = keys.Second.Stanza.Replace("[second]", "[first]", StringComparison.Ordinal);
        string before = await File.ReadAllTextAsync(FileOf(site, "first"), Cancellation);

        Assert.EndsWith($"first: would be written to {FileOf(site, "first")}\n", await RequireAsync(site, sections, "--rotate", "--dry-run"), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(FileOf(site, "first"), Cancellation));
        string shown = await RequireAsync(site, sections, "--rotate");
        Assert.Matches(@"\Afirst\n  Key ID +\w{64}\n  Next Key ID +\w{64}\n  Next Secret +\d+ bytes of OpenPGP data\nfirst: written to ", shown);
        await RequireAsync(site, sections, "--rotate"); // the same again does no harm
        Assert.Contains("waits for a boot with the next key", await RequireAsync(site, "", "--rotation"), StringComparison.Ordinal);

        await keys.First.RequirePasswordAsync(site.Server.EndPoint);
        await keys.Second.RequirePasswordAsync(site.Server.EndPoint);
        await site.Server.Log.WaitForAsync("INFO", "it has got its next secret with its next key");
        Assert.Matches("first +tried since 20", await RequireAsync(site, "", "--rotation"));
        await RequireAsync(site, "", "--start-checker", "first");
        await site.Server.Log.WaitForAsync("INFO", "as a check succeeded after a boot with it");

        Assert.Matches("first +promoted 20.*; its file can be tidied", await RequireAsync(site, "", "--rotation"));
        Assert.DoesNotContain("first", await RequireAsync(site, "", "--unproven"), StringComparison.Ordinal);
        await site.Server.StopAsync();
        await site.Server.StartAsync();
        await keys.Second.RequirePasswordAsync(site.Server.EndPoint);
        Task<CommandResult> old = keys.First.FetchAsync(site.Server.EndPoint); // it asks again and again
        await site.Server.Log.WaitForAsync("INFO", "reason=\"unknown key\"");

        Assert.Contains("has its new key alone", await RequireAsync(site, "", "--tidy"), StringComparison.Ordinal);
        Assert.DoesNotContain("next_", await File.ReadAllTextAsync(FileOf(site, "first"), Cancellation), StringComparison.Ordinal);
        Assert.DoesNotContain("tidied", await RequireAsync(site, "", "--rotation"), StringComparison.Ordinal);
        Assert.Equal("the files of all clients are tidy\n", await RequireAsync(site, "", "--tidy"));
        await keys.Second.RequirePasswordAsync(site.Server.EndPoint);

        // The old key is free for another client
        await RequireAsync(site, keys.First.StanzaWith("checker = true").Replace("[first]", "[third]", StringComparison.Ordinal), "--add");
        Assert.Equal(keys.First.Password, (await old).Output);
        await keys.Second.RequirePasswordAsync(site.Server.EndPoint);
    }

    [Fact]
    public async Task Rotate_AnotherNextKey_IsRefusedUntilTheFirstIsGone()
    {
        var client = new TestClient("one") { Secret = [0xC1, 2, 3, 0, 0xD2, 3, 1, 0, 0] };
        var next = new TestClient("one") { Secret = client.Secret };
        await using WebSite site = await WebSite.StartAsync([]);
        await RequireAsync(site, client.StanzaWith("checker = true"), "--add");
        await RequireAsync(site, next.StanzaWith() + "\n", "--rotate");
        string before = await File.ReadAllTextAsync(FileOf(site, "one"), Cancellation);

        CommandResult refused = await RunAsync(site, new TestClient("one") { Secret = client.Secret }.StanzaWith() + "\n", "--rotate");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"client one has the next key {next.Key.KeyId} already, which its machine may have; nothing was written", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(FileOf(site, "one"), Cancellation));
    }

    [Fact]
    public async Task Serve_NextSecretIsBad_CostsNoKeyThatWasValid()
    {
        var client = new TestClient("one");
        var next = new TestClient("one") { Secret = [0xCB, 1, 2] };
        string good = $"next_key_id = {next.Key.KeyId}\nnext_secret = {Convert.ToBase64String(next.Secret)}";
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith("checker = true", good)]);
        await next.RequireSecretAsync(site.Server);

        await File.WriteAllTextAsync(
            site.Server.ClientsFile, client.StanzaWith("checker = true", $"next_key_id = {next.Key.KeyId}\nnext_secfile = /nonexistent/secret") + "\n", Cancellation);
        CommandResult reload = await RunAsync(site, "", "--reload");
        Assert.Contains("next_secfile: \"/nonexistent/secret\" cannot be read", reload.Errors + string.Join('\n', site.Server.Log.Lines), StringComparison.Ordinal);
        await client.RequireSecretAsync(site.Server);
        await next.RequireSecretAsync(site.Server);

        await site.Server.StopAsync();
        await site.Server.StartAsync();
        await site.Server.Log.WaitForAsync("ERROR", "only the present keys are valid of one (1 in all), not the next ones");
        await client.RequireSecretAsync(site.Server);
        await next.RequireRefusalAsync(site.Server);
    }

    [Fact]
    public async Task Rotate_WhatCannotBe_IsRefusedWithTheReason()
    {
        var client = new TestClient("one") { Secret = [0xC1, 2, 3, 0, 0xD2, 3, 1, 0, 0] };
        var shared = new TestClient("two") { Secret = client.Secret };
        var next = new TestClient("one") { Secret = client.Secret };
        await using WebSite site = await WebSite.StartAsync([shared.StanzaWith("checker = true")]);
        await RequireAsync(site, client.StanzaWith("checker = true"), "--add");
        string before = await File.ReadAllTextAsync(FileOf(site, "one"), Cancellation);
        (string Text, string Reason)[] given =
        [
            (new TestClient("three").StanzaWith() + "\n", "input:1: there is no client [three]; nothing was written: mandos-ctl --add adds one"),
            (client.StanzaWith() + "\n", "key_id: is that of client [one] too, at "),
            (next.StanzaWith().Replace(next.Key.KeyId, shared.Key.KeyId, StringComparison.Ordinal) + "\n", "key_id: is that of client [two] too, at "),
            (new TestClient("one").StanzaWith() + "\n", "secret: is OpenPGP data that is not encrypted with a client's key"),
            (new TestClient("two") { Secret = client.Secret }.StanzaWith() + "\n", $"client two stands at {site.Server.ClientsFile}:1, not alone in a file of clients.d; nothing was written"),
        ];
        foreach ((string text, string reason) in given)
        {
            CommandResult refused = await RunAsync(site, text, "--rotate");

            Assert.True(refused.ExitCode == 1, refused.Output);
            Assert.Contains(reason, refused.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(before, await File.ReadAllTextAsync(FileOf(site, "one"), Cancellation));
        Assert.Contains("has no next key: give it next_key_id and next_secret", (await RunAsync(site, "", "--promote", "one")).Errors, StringComparison.Ordinal);
        Assert.Contains("has no promoted key that its file does not have", (await RunAsync(site, "", "--tidy", "one")).Errors, StringComparison.Ordinal);
    }

    // Nothing but the kernel says where the program is when it is killed: before each operation on the server's files, one run after another.
    [Fact]
    public async Task RotateAndTidy_KilledBeforeEachOperationOnFiles_AreAsBeforeOrDone()
    {
        var client = new TestClient("victim") { Secret = [0xC1, 2, 3, 0, 0xD2, 3, 1, 0, 0] };
        var next = new TestClient("victim") { Secret = [0xC1, 2, 3, 1, 0xD2, 3, 1, 0, 0] };
        await using WebSite site = await WebSite.StartAsync([]);
        await RequireAsync(site, client.StanzaWith("checker = true"), "--add");
        string file = FileOf(site, "victim");
        string original = await File.ReadAllTextAsync(file, Cancellation);

        int[] found = [0, 0];
        for (int operation = 0; await KillAtAsync(site, operation, next.StanzaWith() + "\n", "--rotate") != 0; operation++)
        {
            await RequireAsync(site, "", "--reload");
            await client.RequireSecretAsync(site.Server);
            bool isDone = await File.ReadAllTextAsync(file, Cancellation) != original;
            TestClient.Require(await next.FetchAsync(site.Server), isDone ? next.Secret : []);
            found[isDone ? 1 : 0]++;
            await File.WriteAllTextAsync(file, original, Cancellation);
            await RequireAsync(site, "", "--reload");
        }

        Assert.True(found is [>= 5, >= 1], $"killed {found[0]} times before it was there, and {found[1]} times after");
        await RequireAsync(site, "", "--promote", "victim");
        string both = await File.ReadAllTextAsync(file, Cancellation);
        found = [0, 0];
        for (int operation = 0; await KillAtAsync(site, operation, "", "--tidy") != 0; operation++)
        {
            await RequireAsync(site, "", "--reload");
            await client.RequireRefusalAsync(site.Server);
            await next.RequireSecretAsync(site.Server);
            string now = await File.ReadAllTextAsync(file, Cancellation);
            found[now == both ? 0 : 1]++;
            Assert.True(now == both || !now.Contains("next_", StringComparison.Ordinal), now);
            await File.WriteAllTextAsync(file, both, Cancellation);
            await RequireAsync(site, "", "--reload");
        }

        Assert.True(found is [>= 5, >= 1], $"killed {found[0]} times before it was tidy, and {found[1]} times after");
        await client.RequireRefusalAsync(site.Server);
        await next.RequireSecretAsync(site.Server);
        Assert.Equal([file], Directory.GetFileSystemEntries(Path.GetDirectoryName(file)!));
    }

    // Promoted and killed at once, again and again: at the next start the promotion is there as a whole, or not at all.
    [Fact]
    public async Task Promote_ServerKilledMeanwhile_IsAsBeforeOrDone()
    {
        TestClient[] olds = [.. Enumerable.Range(0, 24).Select(static i => new TestClient($"c{i}"))];
        TestClient[] news = [.. olds.Select(static client => new TestClient(client.Name))];
        await using WebSite site = await WebSite.StartAsync([
            .. olds.Zip(news, static (old, next) => old.StanzaWith(
                "checker = true", $"next_key_id = {next.Key.KeyId}", $"next_secret = {Convert.ToBase64String(next.Secret)}")),
        ]);
        int promoted = 0;
        for (int round = 0; round < 4; round++)
        {
            Task<CommandResult>[] commands = [.. olds.Skip(round * 6).Take(6).Select(client => RunAsync(site, "", "--promote", client.Name))];
            await Task.WhenAny(commands);
            await site.Server.KillAsync();
            bool[] answered = [.. (await Task.WhenAll(commands)).Select(static result => result.ExitCode == 0)];
            await site.Server.StartAsync();

            for (int i = round * 6; i < (round * 6) + 6; i++)
            {
                PeerOutcome old = await olds[i].FetchAsync(site.Server);
                await news[i].RequireSecretAsync(site.Server);
                TestClient.Require(old, old.Secret.Length == 0 ? [] : olds[i].Secret);
                Assert.False(answered[i % 6] && old.Secret.Length > 0, "what a person was told is done is not");
                promoted += old.Secret.Length == 0 ? 1 : 0;
            }
        }

        Assert.True(promoted >= 4, $"{promoted} were promoted");
    }
}
