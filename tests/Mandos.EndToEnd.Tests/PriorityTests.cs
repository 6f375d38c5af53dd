using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>What the command line says of priority strings.</summary>
public sealed class PriorityTests
{
    [Fact]
    public async Task ShowPriority_Default_ListsWhatIsOffered()
    {
        CommandResult result = await Command.RunAsync(
            Repository.Server,
            "--configdir=/nonexistent",
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
    [InlineData("NORMAL:+FOO", "offset 7: “+FOO” is unknown; allowed there: ")]
    [InlineData("NORMAL", "allows neither raw public keys nor OpenPGP keys: no handshake could succeed; add +CTYPE-RAWPK")]
    public async Task ShowPriority_Faulty_SaysWhatIsWrongInOneLine(string priority, string problem)
    {
        CommandResult result = await Command.RunAsync(
            Repository.Server, "--configdir=/nonexistent", "--show-priority", priority);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains(problem, Assert.Single(result.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckConfiguration_FaultyPriority_SaysWhichFile()
    {
        await using var server = new TestServer("--check-config");
        await server.ConfigureAsync("priority = NORMAL:%FOO");
        CommandResult result = await Command.RunAsync(Repository.Server, "--check-config", "--configdir", server.ConfigDirectory);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"{server.ConfigDirectory}/mandos.conf:2: priority string, offset 7: “%FOO” is unknown", result.Output, StringComparison.Ordinal);
    }
}
