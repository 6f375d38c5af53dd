using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Host.Plugins.Checkers;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Plugins.Checkers;

public sealed class CheckerProgramsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("no-such-program -q %(host)s")]
    [InlineData("  /nonexistent/checker")]
    public async Task FindFaults_ProgramIsMissing_SaysWhoseOnce(string command)
    {
        string fault = Assert.Single(await FindAsync(command, command, "true"));

        Assert.StartsWith("Client c0 and 1 more: the program “", fault, StringComparison.Ordinal);
        Assert.Contains("is not there (PATH is ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindFaults_ProgramIsALinkToNothing_SaysSo()
    {
        string link = Path.Combine(_directory.FullName, "checker");
        File.CreateSymbolicLink(link, Path.Combine(_directory.FullName, "nothing"));

        Assert.Contains("is not there (PATH is ", Assert.Single(await FindAsync(link)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("ls -l")]
    [InlineData("/bin/sh -c true")]
    [InlineData("if no-such-program; then true; fi")]
    [InlineData("! no-such-program")]
    [InlineData("x=1 no-such-program")]
    [InlineData("%(name)s no-such-program")]
    [InlineData("(no-such-program)")]
    [InlineData("{ no-such-program; }")]
    [InlineData("$X no-such-program")]
    [InlineData("'no-such-program'")]
    [InlineData("no-such-program;")]
    [InlineData("")]
    public async Task FindFaults_ProgramIsThereOrOnlyTheShellKnows_IsSilent(string command) => Assert.Empty(await FindAsync(command));

    [Fact]
    public async Task FindFaults_OtherCheckersClient_IsSilent()
        => Assert.Empty(await CheckerPrograms.FindFaultsAsync(
            [Client("c", new ClientSettings { Checker = "no-such-program", CheckerPlugin = "ssh" })], pings: true, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("echo \"fping: can't create socket (must run as root?)\" >&2; exit 4", "exit code 4: fping: can't create socket (must run as root?)")]
    [InlineData("echo \"$2 is unreachable\"; exit 1", "exit code 1: 127.0.0.1 is unreachable")]
    public async Task FindFaults_FpingCannotPingThisMachine_SaysSo(string script, string said)
    {
        string fping = Path.Combine(_directory.FullName, "fping");
        File.WriteAllText(fping, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(fping, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Equal(
            $"Client c0: “{fping}” cannot even ping this machine ({said}); it needs the right to raw sockets (CAP_NET_RAW); "
                + "their checks will fail, and they will be disabled",
            Assert.Single(await FindAsync($"{fping} -q -- %(host)s")));
    }

    private static Task<IReadOnlyList<string>> FindAsync(params string[] commands) => CheckerPrograms.FindFaultsAsync(
        commands.Select((command, i) => Client($"c{i}", new ClientSettings { Checker = command })), pings: true, TestContext.Current.CancellationToken);

    private static ClientDefinition Client(string name, ClientSettings settings) => new() { Name = name, Settings = settings, Secret = new Secret([]) };
}
