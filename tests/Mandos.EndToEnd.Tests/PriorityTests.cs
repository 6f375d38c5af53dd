using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>What the command line says of priority strings.</summary>
public sealed class PriorityTests : IDisposable
{
    /// <summary>A directory without configuration.</summary>
    private readonly TemporaryDirectory _empty = new();

    public void Dispose() => _empty.Dispose();

    [Fact]
    public async Task ShowPriority_Default_ListsWhatIsOffered()
    {
        CommandResult result = await Command.RunAsync(
            Repository.Server,
            "--configdir", _empty.FullName,
            "--show-priority",
            "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA");

        Assert.Equal(0, result.ExitCode);
        string[] lines = result.Output.Split('\n');
        Assert.Equal(
            [
                "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256", "",
                "Protocols: VERS-TLS1.3",
            ],
            lines[1..7]);
        Assert.StartsWith("Groups: GROUP-X25519, GROUP-SECP256R1, ", lines[7], StringComparison.Ordinal);
        Assert.StartsWith("PK-signatures: SIGN-RSA-SHA256, ", lines[8], StringComparison.Ordinal);
        Assert.Equal("Certificate types: CTYPE-RAWPK", lines[9]);
    }

    [Theory]
    [InlineData("NORMAL:FOO", "offset 7: “FOO” is unknown; allowed there: ")]
    [InlineData("NORMAL", "allows neither raw public keys nor OpenPGP keys: no handshake could succeed; add +CTYPE-RAWPK")]
    [InlineData("NORMAL:+RAWPK", "no handshake could succeed; add +CTYPE-RAWPK; “+RAWPK” is unknown")]
    public async Task ShowPriority_Faulty_SaysWhatIsWrongInOneLine(string priority, string problem)
    {
        CommandResult result = await Command.RunAsync(
            Repository.Server, "--configdir", _empty.FullName, "--show-priority", priority);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains(problem, Assert.Single(result.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckConfiguration_FaultyPriority_SaysWhichFile()
    {
        await using var server = new TestServer("--check-config");
        await server.ConfigureAsync("priority = NORMAL:FOO");
        CommandResult result = await Command.RunAsync(Repository.Server, "--check-config", "--configdir", server.ConfigDirectory);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"{server.ConfigDirectory}/mandos.conf:2: priority string, offset 7: “FOO” is unknown", result.Output, StringComparison.Ordinal);
    }

    /// <summary>A newer GnuTLS may have such words, and Debian's server starts with them there.</summary>
    [Fact]
    public async Task UnknownWordWithSign_EachWay_IsNamedAndPassedOver()
    {
        const string Priority = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:+SIGN-OF-TOMORROW:%OPTION_OF_TOMORROW";
        CommandResult shown = await Command.RunAsync(Repository.Server, "--configdir", _empty.FullName, "--show-priority", Priority);
        await using var server = new TestServer("--debug");
        var client = new TestClient("client");
        server.AddClient(client.StanzaWith());
        await server.ConfigureAsync($"priority = {Priority}");
        CommandResult check = await Command.RunAsync(Repository.Server, "--check-config", "--configdir", server.ConfigDirectory);
        await server.StartAsync();

        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("Unknown and ignored: +SIGN-OF-TOMORROW, %OPTION_OF_TOMORROW", shown.Output.Split('\n'));
        Assert.Equal(0, check.ExitCode);
        foreach (var word in new[] { "+SIGN-OF-TOMORROW", "%OPTION_OF_TOMORROW" })
        {
            Assert.Contains($"{server.ConfigDirectory}/mandos.conf:2: warning: priority string: “{word}” is unknown and ignored", check.Output, StringComparison.Ordinal);
            await server.Log.WaitForAsync("WARNING", $"The priority string has “{word}”");
        }

        await client.RequireSecretAsync(server);
    }
}
