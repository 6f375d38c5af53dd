using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary><c>--check-config</c> says what is wrong with the files, and starts nothing.</summary>
public sealed class CheckConfigurationTests
{
    [Fact]
    public async Task CheckConfig_OfGoodFiles_SaysSo()
    {
        await using var server = new TestServer("--check-config");
        server.AddClient($"[client]\nkey_id = {new TestClient("client").Key.KeyId}\nsecret = ywFi");

        CommandResult result = await CheckAsync(server);

        Assert.Equal((0, $"{server.ConfigDirectory}: no problems, 1 client\n", ""), (result.ExitCode, result.Output, result.Errors));
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.StateDirectory));
    }

    [Fact]
    public async Task CheckConfig_ProgramOfACheckIsMissing_NotesIt()
    {
        await using var server = new TestServer("--check-config");
        server.AddClient(new TestClient("client").StanzaWith("checker = no-such-program"));

        CommandResult result = await CheckAsync(server);

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith(
            $"{server.ClientsFile}: note: Client client: the program “no-such-program” of its checker is not there (PATH is ",
            result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckConfig_OfDirectoryThatIsNotThere_SaysSo()
    {
        CommandResult result = await Command.RunAsync(Repository.Server, "--check-config", "--configdir", "/nonexistent");

        Assert.Equal(
            (1, "/nonexistent: there is no such directory; --configdir has to name the one that has clients.conf\n/nonexistent: 1 problem\n"),
            (result.ExitCode, result.Output));
    }

    [Theory]
    [InlineData("DB1.example.org", "")]
    [InlineData("db1.example.org", "when_cut_off = hold")]
    [InlineData("192.0.2.7", "")]
    public async Task CheckConfig_ClientOnWhichTheSharedStoreRuns_Warns(string host, string option)
    {
        await using var server = new TestServer("--check-config");
        await WriteStoreAsync(server, "hosts: db1.example.org, 192.0.2.7:5433");
        server.AddClient(new TestClient("db").StanzaWith("checker = true", $"host = {host}", option));

        CommandResult result = await CheckAsync(server);

        Assert.Equal(
            (0, $"{server.ClientsFile}: warning: client \"db\": the shared store runs on its machine, {host}; after a power cut it would wait for the store in "
                + $"order to start; set when_cut_off = serve\n{server.ConfigDirectory}: no problems, 1 client\n"),
            (result.ExitCode, result.Output));
    }

    [Theory]
    [InlineData("db1.example.org", "when_cut_off = serve")]
    [InlineData("db2.example.org", "")]
    public async Task CheckConfig_ClientThatNeedNotWaitForTheSharedStore_IsFine(string host, string option)
    {
        await using var server = new TestServer("--check-config");
        await WriteStoreAsync(server, "hosts: db1.example.org");
        server.AddClient(new TestClient("db").StanzaWith("checker = true", $"host = {host}", option));

        Assert.Equal($"{server.ConfigDirectory}: no problems, 1 client\n", (await CheckAsync(server)).Output);
    }

    [Fact]
    public async Task CheckConfig_CertificateOfTheSharedStoreIsMissing_IsAProblem()
    {
        await using var server = new TestServer("--check-config");
        await WriteStoreAsync(server, "root_certificate: /nonexistent/ca.pem");

        CommandResult result = await CheckAsync(server);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("plugins.yaml:5: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("setting root_certificate: there is no such file", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListPlugins_StoreThatThereIsNot_IsNamed()
    {
        await using var server = new TestServer();
        await File.WriteAllTextAsync(Path.Combine(server.ConfigDirectory, "plugins.yaml"), "store: postgress\n", TestContext.Current.CancellationToken);

        CommandResult result = await Command.RunAsync(Repository.Server, "--list-plugins", "--configdir", server.ConfigDirectory);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("StatePostgres", result.Output, StringComparison.Ordinal);
        Assert.Equal(
            $"mandos: {server.ConfigDirectory}/plugins.yaml:1: store: there is no state store “postgress”; choose postgres or sqlite\n", result.Errors);
    }

    [Fact]
    public async Task CheckConfig_OfFaultyFiles_SaysEachFault()
    {
        await using var server = new TestServer("--check-config");
        await server.ConfigureAsync("port = high");
        server.AddClient("[client]\nenabled = perhaps\nkey_id = x");

        CommandResult result = await CheckAsync(server);

        Assert.Equal((1, ""), (result.ExitCode, result.Errors));
        Assert.Equal(
            [
                $"{server.ConfigDirectory}/mandos.conf:2: port: \"high\" is not a port; use a number from 0 to 65535, "
                    + "where 0 lets the kernel choose",
                $"{server.ClientsFile}:1: client [client] has neither secret nor secfile; it needs one",
                $"{server.ClientsFile}:2: enabled: \"perhaps\" is no boolean; use 1, yes, true, on, 0, no, false or off",
                $"{server.ClientsFile}:3: key_id: is not 64 hexadecimal digits",
                $"{server.ConfigDirectory}: 4 problems",
                "",
            ],
            result.Output.Split('\n'));
    }

    /// <summary>The line that Debian's mandos.conf has as a comment.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("\nfingerprint = 488FC725660CF2A99221C87769FB101446F9E91C")] // mandos-keygen writes both
    public async Task CheckConfig_PriorityForOpenPgpAndClientsWithRawKeys_WarnsAtItsLine(string more)
    {
        await using var server = new TestServer("--check-config");
        await server.ConfigureAsync("priority = SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256");
        server.AddClient($"[client]\nkey_id = {new TestClient("client").Key.KeyId}{more}\nsecret = ywFi");

        CommandResult result = await CheckAsync(server);

        Assert.Equal(
            (0, $"{server.ConfigDirectory}/mandos.conf:2: warning: priority: no client can connect: it allows no raw public keys, which clients "
                + $"with a key_id have; add +CTYPE-RAWPK, or leave priority out\n{server.ConfigDirectory}: no problems, 1 client\n"),
            (result.ExitCode, result.Output));
    }

    private static Task WriteStoreAsync(TestServer server, string setting) => File.WriteAllTextAsync(
        Path.Combine(server.ConfigDirectory, "plugins.yaml"), $"store: postgres\nplugins:\n  StatePostgres:\n    settings:\n      {setting}\n",
        TestContext.Current.CancellationToken);

    private static Task<CommandResult> CheckAsync(TestServer server) => Command.RunAsync(
        Repository.Server, "--check-config", "--configdir", server.ConfigDirectory, "--statedir", server.StateDirectory);
}
