using Mandos.Host.Configuration;
using Mandos.Host.SelfTesting;
using Mandos.Host.Tests.Plugins;
using Mandos.TestKit;

namespace Mandos.Host.Tests.SelfTesting;

public sealed class ConfigurationCheckTests : IDisposable
{
    private const string Client = "key_id = 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\nsecret = ywFi\nchecker = true\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Run_NoFiles_FindsNothing() => await RequireGoodAsync($"{_directory.FullName}: no problems, 0 clients");

    [Fact]
    public async Task Run_GoodFiles_CountsClients()
    {
        _directory.Write("mandos.conf", "[DEFAULT]\nport = 1234\n");
        _directory.Write("clients.conf", $"[one]\n{Client}");

        await RequireGoodAsync($"{_directory.FullName}: no problems, 1 client");
    }

    [Fact]
    public async Task Run_DoubtfulClient_WarnsAndIsNoFailure()
    {
        string clients = _directory.Write("clients.conf", $"[one]\n{Client}approved_by_default = False\n[two]\nsecret = c2VjcmV0\n");

        await RequireGoodAsync(
            $"{clients}:5: warning: approved_by_default: False without an approval_delay: each request is refused at once, unless an "
                + "approval is in force; set approval_delay to the time in which somebody can approve",
            $"{clients}:6: warning: client [two] has neither key_id nor fingerprint, so it is left out; it needs one",
            $"{clients}:7: warning: secret: is not OpenPGP data, so that no client can use it; take the secret from the client's "
                + "mandos-keygen --password",
            $"{_directory.FullName}: no problems, 1 client");
    }

    [Fact]
    public async Task Run_UnknownOptions_NotesThem()
    {
        string server = _directory.Write("mandos.conf", "[DEFAULT]\nnew = 1\n");
        string clients = _directory.Write("clients.conf", $"[one]\n{Client}hue = red\n");

        await RequireGoodAsync(
            $"{server}:2: note: option new is unknown and ignored",
            $"{clients}:5: note: option hue is unknown, and no checker in use takes it",
            $"{_directory.FullName}: no problems, 1 client");
    }

    [Fact]
    public async Task Run_ProblemsInEachFile_ShowsAll()
    {
        string server = _directory.Write("mandos.conf", "[DEFAULT]\nport = many\nrestore = perhaps\n");
        string clients = _directory.Write("clients.conf", $"[one]\n{Client}timeout = 5 minutes\n");
        string more = _directory.Write("clients.d/more.conf", "[two]\nkey_id = x\nsecret = ywFi\n");

        string[] lines = await RunAsync(new CommandLineOptions(), expected: false);

        Assert.Equal(
            [$"{server}:2", $"{server}:3", $"{clients}:5", $"{more}:2"],
            lines[..^1].Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
        Assert.Equal($"{_directory.FullName}: 4 problems", lines[^1]);
    }

    [Fact]
    public async Task Run_NeitherZeroconfNorPort_SaysSo()
    {
        string server = _directory.Write("mandos.conf", "[DEFAULT]\nzeroconf = False\n");

        string[] lines = await RunAsync(new CommandLineOptions(), expected: false);

        Assert.Equal(
            [
                $"{server}: without Zeroconf a port or a socket is needed; give --port or --socket",
                $"{_directory.FullName}: 1 problem",
            ],
            lines);
        await RunAsync(new CommandLineOptions { Port = 1234 }, expected: true);
    }

    [Fact]
    public async Task Run_SecretBesideProblem_IsNotShown()
    {
        _directory.Write("clients.conf", "[one]\nsecret = c2VjcmV0a\n");

        Assert.DoesNotContain("c2VjcmV0", string.Join('\n', await RunAsync(new CommandLineOptions(), expected: false)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PluginFileWithProblems_ShowsThemBesideOthers()
    {
        string plugins = _directory.Write("plugins.yaml", "plugin:\n");
        string clients = _directory.Write("clients.conf", "[one]\nkey_id = x\nsecret = ywFi\n");

        string[] lines = await RunAsync(new CommandLineOptions(), expected: false);

        Assert.Equal(
            [
                $"{plugins}:1: plugin is unknown at the top; there can be tls, store, plugins",
                $"{clients}:2: key_id: is not 64 hexadecimal digits",
                $"{_directory.FullName}: 2 problems",
            ],
            lines);
    }

    [Fact]
    public async Task Run_EmptyPluginDirectory_SaysWhatIsMissing()
    {
        string directory = Directory.CreateDirectory(_directory.PathOf("plugins")).FullName;
        string clients = _directory.Write("clients.conf", $"[one]\n{Client}");

        string[] lines = await RunAsync(new CommandLineOptions { PluginDirectory = directory }, expected: false);

        Assert.Equal(
            [
                $"{directory}: there is no TLS back end: plugin directory {directory} has no folder TlsBouncy with TlsBouncy.dll in it, "
                    + "nor another plugin that is a TLS back end",
                $"{directory}: there is no state store: plugin directory {directory} has no folder StateSqlite with StateSqlite.dll in it, "
                    + "nor another plugin that is a state store",
                $"{clients}:1: 1 client has the standard checker; there is no checker “shell” under {directory}; "
                    + "there is none at all; put back plugin CheckerFping, or name another by checker_plugin",
                $"{_directory.FullName}: 3 problems",
            ],
            lines);
    }

    [Fact]
    public async Task Run_WithPlugins_LoadsThemOnlyAfterDroppingPrivileges()
    {
        string directory = Directory.CreateDirectory(_directory.PathOf("plugins")).FullName;
        using StringWriter output = new();
        CommandLineOptions options = new() { ConfigDirectory = _directory.FullName, PluginDirectory = directory };

        Assert.False(await new ConfigurationCheck(options, PluginFolder.Services, () => "cannot become nobody").RunAsync(output));

        Assert.Equal($"{directory}: cannot become nobody\n{_directory.FullName}: 1 problem\n", output.ToString());
    }

    /// <summary>Runs it where no plugin directory is, which it says too.</summary>
    private async Task RequireGoodAsync(params string[] lines)
    {
        string directory = _directory.PathOf("none");
        string[] shown = await RunAsync(new CommandLineOptions { PluginDirectory = directory }, expected: true);
        Assert.Equal(
            [.. lines[..^1], $"{directory}: note: there is no plugin directory, so settings and options of plugins were not checked", lines[^1]],
            shown);
    }

    private async Task<string[]> RunAsync(CommandLineOptions commandLine, bool expected)
    {
        using StringWriter output = new();
        CommandLineOptions options = commandLine with { ConfigDirectory = _directory.FullName };
        bool isGood = await new ConfigurationCheck(options, PluginFolder.Services, () => null).RunAsync(output);
        Assert.Equal(expected, isGood);
        return output.ToString().TrimEnd('\n').Split('\n').Where(line =>
            commandLine.PluginDirectory is not null || !line.Contains("there is no plugin directory", StringComparison.Ordinal)).ToArray();
    }
}
