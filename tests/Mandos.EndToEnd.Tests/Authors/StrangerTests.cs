using Mandos.Abstractions.Plugins;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Authors;

/// <summary>
/// From the packages and the template to a checker that keeps a client alive: the commands are those of docs/plugins.md, typed by
/// somebody who has nothing but this repository and the .NET SDK.
/// </summary>
public sealed class StrangerTests
{
    private const string Pack = "./build --pack"; // ./test has done it
    private const string Restart = "systemctl restart mandos"; // the test's own server is started in its place

    private readonly TestClient _client = new("myclient");

    [Fact]
    public async Task Tutorial_FromNothingToInstalled_KeepsClientAlive()
    {
        string[] commands = [.. Tutorial.Commands];
        int restart = Array.IndexOf(commands, Restart);
        Assert.Equal(Pack, commands[0]);
        await using var server = new TestServer("--debug");
        using var web = new WebServer();
        using var stranger = new Stranger(server);
        server.AddClient(_client.StanzaWith(
            "interval = PT1S", "timeout = PT3S", "extended_timeout = PT3S",
            "host = 127.0.0.1", "checker_plugin = webalive", $"webalive_port = {web.Port}"));

        string said = await stranger.RequireAsync(commands[1..restart]);

        Assert.Matches(@"Test run summary: Passed!\s+total: [1-9][0-9]\s+failed: 0\s+succeeded: [0-9]+\s+skipped: 0", said);
        Assert.Matches($@"\nWebAlive +1\.0\.0 +{ContractVersion.Major}\.{ContractVersion.Minor} +Active +checker webalive\n", said);
        Assert.Equal(["WebAlive.deps.json", "WebAlive.dll"], BuildOf(stranger));

        // It is kept alive for longer than it would live unchecked.
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", "Client myclient: checker succeeded", count: 6);
        await _client.RequireSecretAsync(server);
        Assert.Equal(0, server.Log.Count("WARNING", "disabling it"));

        web.Dispose();
        await server.Log.WaitForAsync("WARNING", "Client myclient: not seen alive in time, disabling it");
        await server.StopAsync();

        await stranger.RequireAsync(commands[(restart + 1)..]);

        Assert.Equal(78, await server.RunToEndAsync());
        Assert.Contains(server.Log.Lines, line => line.Contains(
            "clients.conf:8: checker_plugin: there is no checker “webalive”", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Build_WithPrivateCopyOfContracts_SaysWhatToWrite()
    {
        await using var server = new TestServer();
        using var stranger = new Stranger(server);
        await stranger.RequireAsync(Tutorial.Commands.Skip(1).TakeWhile(command => command != "dotnet test"));
        string project = stranger.PathOf("WebAlive/src/WebAlive.csproj");
        string text = await File.ReadAllTextAsync(project, TestContext.Current.CancellationToken);
        string without = text.Replace(" ExcludeAssets=\"runtime\"", "", StringComparison.Ordinal);
        Assert.NotEqual(text, without);
        await File.WriteAllTextAsync(project, without, TestContext.Current.CancellationToken);

        CommandResult build = await stranger.TypeAsync($"dotnet build {project}");

        Assert.NotEqual(0, build.ExitCode);
        Assert.Contains(
            "error MANDOS001: A plugin must not bring its own Mandos.Abstractions", build.Output, StringComparison.Ordinal);
        Assert.Contains("ExcludeAssets=\"runtime\"", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_CodeOfTheGuide_Succeeds()
    {
        await using var server = new TestServer();
        using var stranger = new Stranger(server);
        string[] projects = [.. Tutorial.Blocks("xml")], sources = [.. Tutorial.Blocks("csharp")];
        Write("src/Lease.csproj", projects[0]);
        Write("tests/Lease.Tests.csproj", projects[1]);
        for (int i = 0; i < sources.Length; i++)
        {
            Write($"{(sources[i].Contains("ContractTests", StringComparison.Ordinal) ? "tests" : "src")}/Block{i}.cs", sources[i]);
        }

        await stranger.RequireAsync(
            Tutorial.Commands.First(command => command.StartsWith("dotnet nuget add source", StringComparison.Ordinal)),
            $"dotnet build {stranger.PathOf("Guide/tests")}");

        void Write(string file, string text)
        {
            string path = stranger.PathOf($"Guide/{file}");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }

    private static IEnumerable<string> BuildOf(Stranger stranger)
        => new DirectoryInfo(stranger.PathOf("WebAlive/src/bin/Release/net10.0")).EnumerateFiles().Select(file => file.Name).Order();
}
