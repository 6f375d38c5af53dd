using Mandos.Host.CommandLine;
using Mandos.Host.Configuration;
using Mandos.TestSupport;

namespace Mandos.Host.Tests.Configuration;

public sealed class ConfigurationCheckTests : IDisposable
{
    private const string Client = "key_id = 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\nsecret = c2VjcmV0\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_NoFiles_FindsNothing() => RequireGood($"{_directory.FullName}: no problems, 0 clients");

    [Fact]
    public void Run_GoodFiles_CountsClients()
    {
        _directory.Write("mandos.conf", "[DEFAULT]\nport = 1234\n");
        _directory.Write("clients.conf", $"[one]\n{Client}");

        RequireGood($"{_directory.FullName}: no problems, 1 client");
    }

    [Fact]
    public void Run_UnknownOptions_NotesThem()
    {
        string server = _directory.Write("mandos.conf", "[DEFAULT]\nnew = 1\n");
        string clients = _directory.Write("clients.conf", $"[one]\n{Client}hue = red\n");

        RequireGood(
            $"{server}:2: note: option new is unknown and ignored",
            $"{clients}:4: note: option hue is unknown; it is left to checker plugins",
            $"{_directory.FullName}: no problems, 1 client");
    }

    [Fact]
    public void Run_ProblemsInEachFile_ShowsAll()
    {
        string server = _directory.Write("mandos.conf", "[DEFAULT]\nport = many\nrestore = perhaps\n");
        string clients = _directory.Write("clients.conf", $"[one]\n{Client}timeout = 5 minutes\n");
        string more = _directory.Write("clients.d/more.conf", "[two]\nsecret = c2VjcmV0\n");

        string[] lines = Run(new CommandLineOptions(), expected: false);

        Assert.Equal(
            [$"{server}:2", $"{server}:3", $"{clients}:4", $"{more}:1"],
            lines[..^1].Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
        Assert.Equal($"{_directory.FullName}: 4 problems", lines[^1]);
    }

    [Fact]
    public void Run_NeitherZeroconfNorPort_SaysSo()
    {
        string server = _directory.Write("mandos.conf", "[DEFAULT]\nzeroconf = False\n");

        string[] lines = Run(new CommandLineOptions(), expected: false);

        Assert.Equal(
            [
                $"{server}: without Zeroconf a port or a socket is needed; give --port or --socket",
                $"{_directory.FullName}: 1 problem",
            ],
            lines);
        Run(new CommandLineOptions { Port = 1234 }, expected: true);
    }

    [Fact]
    public void Run_SecretBesideProblem_IsNotShown()
    {
        _directory.Write("clients.conf", "[one]\nsecret = c2VjcmV0!\n");

        Assert.DoesNotContain("c2VjcmV0", string.Join('\n', Run(new CommandLineOptions(), expected: false)), StringComparison.Ordinal);
    }

    private void RequireGood(params string[] lines) => Assert.Equal(lines, Run(new CommandLineOptions(), expected: true));

    private string[] Run(CommandLineOptions commandLine, bool expected)
    {
        using StringWriter output = new();
        bool isGood = ConfigurationCheck.Run(commandLine with { ConfigDirectory = _directory.FullName }, output);
        Assert.Equal(expected, isGood);
        return output.ToString().TrimEnd('\n').Split('\n');
    }
}
