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

    private static Task<CommandResult> CheckAsync(TestServer server) => Command.RunAsync(
        Repository.Server, "--check-config", "--configdir", server.ConfigDirectory, "--statedir", server.StateDirectory);
}
