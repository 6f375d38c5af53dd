using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>One client's mistake costs no other client its secret, and itself nothing that it had.</summary>
public sealed class MistakeTests
{
    private const int CannotStart = 1;
    private const int Misconfigured = 78;

    private readonly TestClient _good = new("good");
    private readonly TestClient _faulty = new("faulty");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_MistakeInOneClient_ServesTheOthersUntilItIsMended()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(_faulty.StanzaWith("enabled = perhaps"));
        server.AddClient(_good.StanzaWith());
        await server.StartAsync();

        await _good.RequireSecretAsync(server);
        await _faulty.RequireRefusalAsync(server);
        await server.Log.WaitForAsync("ERROR", $"{server.ClientsFile}:4: enabled: \"perhaps\" is no boolean");
        await server.Log.WaitForAsync("ERROR", "Left out until the files are mended and read again: faulty (1 in all); they are not served");

        await File.WriteAllTextAsync(server.ClientsFile, _faulty.StanzaWith() + "\n" + _good.StanzaWith() + "\n", Cancellation);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("INFO", "Configuration re-read: 2 clients, 1 added, 0 removed, 0 changed");
        await _faulty.RequireSecretAsync(server);
        await server.StopAsync();
    }

    [Fact]
    public async Task Start_MistakeInOneClientAndStrict_IsRefused()
    {
        await using var server = new TestServer("--foreground");
        await server.ConfigureAsync("strict_config = True");
        server.AddClient(_faulty.StanzaWith("timeout = soon"));
        server.AddClient(_good.StanzaWith());

        Assert.Equal(Misconfigured, await server.RunToEndAsync());

        Assert.Contains(server.Log.Lines, line => line.StartsWith($"mandos: {server.ClientsFile}:4: timeout: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HangUp_MistakeInOneClient_KeepsWhatThatHad()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(_faulty.StanzaWith());
        await server.StartAsync();
        await _faulty.RequireSecretAsync(server);

        await File.WriteAllTextAsync(server.ClientsFile, $"{_faulty.StanzaWith("nonsense")}\n{_good.StanzaWith()}\n", Cancellation);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("INFO", "Configuration re-read: 2 clients, 1 added, 0 removed, 0 changed");

        await _faulty.RequireSecretAsync(server);
        await _good.RequireSecretAsync(server);
        Assert.Equal(1, server.Log.Count("ERROR", "faulty (1 in all); they keep what they had"));
    }

    [Fact]
    public async Task Start_MistakeInDisabledClient_LeavesItDisabled()
    {
        await using var server = await TestServer.StartSteeredAsync(_faulty.StanzaWith(), _good.StanzaWith());
        await server.Control.DisableAsync("faulty", Cancellation);
        await server.StopAsync();
        string good = await File.ReadAllTextAsync(server.ClientsFile, Cancellation);
        await File.WriteAllTextAsync(server.ClientsFile, good.Replace("[good]", "host = %\n[good]", StringComparison.Ordinal), Cancellation);
        await server.StartAsync();
        await _good.RequireSecretAsync(server);
        await server.StopAsync();
        await File.WriteAllTextAsync(server.ClientsFile, good, Cancellation);
        await server.StartAsync();

        await _faulty.RequireRefusalAsync(server);
        await _good.RequireSecretAsync(server);
    }

    /// <summary>At the start and at each reload; the priority string is the one that Debian's mandos.conf has as a comment.</summary>
    [Fact]
    public async Task Start_ClientsThatCannotBeServed_AreWarnedOf()
    {
        await using var server = new TestServer("--debug");
        await server.ConfigureAsync("priority = SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256");
        server.AddClient(_good.StanzaWith("approved_by_default = False"));
        server.AddClient($"[cut]\nkey_id = {_faulty.Key.KeyId}\nsecret = {Convert.ToBase64String(_faulty.Secret[..^2])}");
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", "Serving 2 clients");

        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("INFO", "Configuration re-read: 2 clients");

        Assert.All(
            [
                $"{server.ConfigDirectory}/mandos.conf:2: priority: no client can connect: it allows no raw public keys",
                $"{server.ClientsFile}:4: approved_by_default: False without an approval_delay",
                $"{server.ClientsFile}:7: secret: is cut short: an OpenPGP packet in it is longer than what there is",
            ],
            warning => Assert.Equal(2, server.Log.Count("WARNING", warning)));
    }

    [Fact]
    public async Task Start_FifoInPlaceOfFile_EndsAtOnce()
    {
        await using var server = new TestServer("--foreground");
        File.Delete(server.ClientsFile);
        await Command.RequireAsync("mkfifo", server.ClientsFile);

        Assert.Equal(CannotStart, await server.RunToEndAsync());

        Assert.Contains($"mandos: {server.ClientsFile}: cannot be read: it is a FIFO, a device or a socket; use a regular file", server.Log.Lines);
    }

    /// <summary>As the unit starts it, with clients.conf as Debian's package has it.</summary>
    [Fact]
    public async Task Start_FileOfRootAlone_SaysHowToLetTheServerReadIt()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root has files that others cannot read");
        string user = await Account.NameAsync();
        string group = user == "nobody" ? "nogroup" : user;
        await using var server = new TestServer("--foreground")
        {
            HasConfidentialConfiguration = true,
            Wrapper = ["setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups"],
        };
        server.AddClient(_good.StanzaWith());

        Assert.Equal(CannotStart, await server.RunToEndAsync());

        Assert.Matches(
            $"^mandos: {server.ClientsFile}: cannot be read: permission denied; let the server's group read it: chgrp {group} {server.ClientsFile}; "
                + $"chmod 0640 {server.ClientsFile}$",
            string.Join('\n', server.Log.Lines.Where(line => line.StartsWith("mandos: ", StringComparison.Ordinal))));
    }
}
