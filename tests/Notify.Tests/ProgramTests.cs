using System.Text.Json.Nodes;
using Mandos.TestKit;
using Notify.Tests.Support;

namespace Notify.Tests;

/// <summary>A real program, which gets its arguments as they are.</summary>
public sealed class ProgramTests : IAsyncDisposable
{
    private readonly Rig _rig = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Run_Program_GetsArgumentsEnvironmentAndJson()
    {
        string program = Script("printf '%s\\n' \"$@\" > \"$1.args\"; env > \"$1.env\"; cat > \"$1.json\"; mv \"$1.json\" \"$1\"");
        string output = _rig.Files.PathOf("out");
        await _rig.With("exec.a.command.1", program).With("exec.a.command.2", output).With("exec.a.command.3", "two words; $(touch x) 'y'")
            .With("exec.a.command.4", "-n").With("link_url", "https://mandos.example.org/link").StartAsync();
        _rig.Wait();

        await Patience.UntilAsync("the program has run", () => File.Exists(output));

        Assert.Equal([output, "two words; $(touch x) 'y'", "-n"], File.ReadAllLines(output + ".args"));
        string[] environment = File.ReadAllLines(output + ".env");
        Assert.Contains("MANDOS_EVENT=need_approval", environment);
        Assert.Contains("MANDOS_CLIENT=orchid", environment);
        Assert.Contains("MANDOS_TITLE=orchid waits for approval", environment);
        Assert.DoesNotContain(environment, line => line.Contains("/link/", StringComparison.Ordinal));
        Assert.Equal(
            ["LANG", "MANDOS_CLIENT", "MANDOS_EVENT", "MANDOS_TEXT", "MANDOS_TITLE", "PATH", "PWD"],
            environment.Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=')[0])
                .Where(name => name is not ("_" or "SHLVL" or "OLDPWD")).Order(StringComparer.Ordinal));
        JsonNode json = JsonNode.Parse(await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken))!;
        Assert.Equal("need_approval", (string)json["type"]!);
        Assert.StartsWith("https://mandos.example.org/link/", (string)json["data"]!["links"]!["approve"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ProgramThatFails_IsRunAgainAndItsOutputIsNotLogged()
    {
        string program = Script("yes hunter2 | head -c 1000000; echo hunter2 >&2; if [ -e \"$1\" ]; then mv \"$1\" \"$1.done\"; else touch \"$1\"; exit 3; fi");
        string file = _rig.Files.PathOf("out");
        await _rig.With("exec.a.command.1", program).With("exec.a.command.2", file).StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync("it has run twice", () => File.Exists(file + ".done"));

        Assert.Contains("Target exec a: the program ended with status 3; trying again", _rig.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", _rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ProgramThatIsNotThere_IsTold()
    {
        await _rig.With("exec.a.command", "/nonexistent").StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync(
            "it is told", () => _rig.Log.Contains("Target exec a: /nonexistent cannot be run: it is not there, or not for the server's user; trying again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_ProgramThatHangs_EndsItWithItsChildren()
    {
        string file = _rig.Files.PathOf("out");
        string program = Script("sleep 1000 & echo $! > \"$1.new\"; mv \"$1.new\" \"$1\"; wait");
        await _rig.With("exec.a.command.1", program).With("exec.a.command.2", file).StartAsync();
        _rig.GetSecret();
        await Patience.UntilAsync("the program runs", () => File.Exists(file));

        await _rig.StopAsync();

        string child = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Trim();
        await Patience.UntilAsync("its child has ended", () => !File.Exists($"/proc/{child}/status")
            || File.ReadAllText($"/proc/{child}/status").Contains("State:\tZ", StringComparison.Ordinal));
    }

    private string Script(string text)
    {
        string file = _rig.Files.Write("program", $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }
}
