using System.Diagnostics;
using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.CheckerFping.Expansion;
using Mandos.CheckerFping.Processes;
using Mandos.TestKit;

namespace CheckerFping.Tests;

public sealed class ShellCheckTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(137)]
    [InlineData(255)]
    public async Task RunAsync_Exits_GivesCode(int code)
    {
        CheckResult result = await Checks.RunAsync($"exit {code}");

        Assert.Equal(CheckResult.Exited(code), result);
        Assert.Equal(code << 8, result.WaitStatus);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(31)]
    public async Task RunAsync_DiesOfSignal_GivesSignal(int signal)
    {
        CheckResult result = await Checks.RunAsync($"kill -{signal} $$; sleep 1000");

        Assert.Equal(CheckOutcome.Signaled, result.Outcome);
        Assert.Equal(signal, result.Signal);
        Assert.False(result.IsSuccess);
    }

    [Fact]
    public void ToResult_CoreDumped_KeepsTheFlag()
        => Assert.Equal(CheckResult.Signaled(6, coreDumped: true), ChildLoop.ToResult(0x86));

    [Fact]
    public async Task RunAsync_NoSuchProgram_IsTheShellsCode127()
        => Assert.Equal(CheckResult.Exited(127), await Checks.RunAsync("/no/such/program 2>/dev/null"));

    // A comment makes a command one that only the shell understands.
    [Theory]
    [InlineData("/bin/true", 0)]
    [InlineData("/bin/false", 1)]
    [InlineData("  ls   -d  / ", 0)]
    [InlineData("ls /no/such/file", 2)]
    [InlineData("no-such-program -q", 127)]
    [InlineData("/no/such/program", 127)]
    [InlineData("/etc/passwd", 126)]
    [InlineData("usr/bin/env", 0)]
    [InlineData("FILE", 3)]
    [InlineData("sh FILE", 3)]
    [InlineData("sh DIES", 128 + 9)]
    public async Task RunAsync_PlainWords_EndAsInTheShell(string command, int code)
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("file", "exit 3\n");
        string dies = directory.Write("dies", "kill -9 $$\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        command = command.Replace("FILE", file, StringComparison.Ordinal).Replace("DIES", dies, StringComparison.Ordinal);

        Assert.NotNull(PlainCommand.Words(command));
        Assert.Equal(CheckResult.Exited(code), await Checks.RunAsync(command));
        Assert.Equal(CheckResult.Exited(code), await Checks.RunAsync(command + " # in a shell"));
    }

    [Fact]
    public async Task RunAsync_ScriptOfPlainWords_SeesWhatItSeesInAShell()
    {
        using TemporaryDirectory directory = new();
        string output = directory.PathOf("output");
        string script = directory.Write("script", $"{{ env | grep -v '^_=' | sort; pwd -P; echo \"$#:$1:$2\"; }} >{output}\n");

        Assert.True((await Checks.RunAsync($"sh {script} %(host)s a", "::1")).IsSuccess);
        string plain = await File.ReadAllTextAsync(output, Checks.TestEnds);
        Assert.True((await Checks.RunAsync($"sh {script} %(host)s a; true", "::1")).IsSuccess);

        Assert.EndsWith("\n/\n2:::1:a\n", plain, StringComparison.Ordinal);
        Assert.Equal(plain, await File.ReadAllTextAsync(output, Checks.TestEnds));
    }

    [Theory]
    [InlineData("fping -q -r 5 -- ::1", "fping|-q|-r|5|--|::1")]
    [InlineData(" /a/b  c ", "/a/b|c")]
    [InlineData("test -e /", null)]
    [InlineData("A=b c", null)]
    [InlineData("%1", null)]
    [InlineData("a;b", null)]
    [InlineData("a 'b'", null)]
    [InlineData("a $B", null)]
    [InlineData("a ~", null)]
    [InlineData("a *", null)]
    [InlineData("a\tb", null)]
    [InlineData("a\nb", null)]
    [InlineData("a #b", null)]
    [InlineData("\u00e5", null)]
    [InlineData("", null)]
    [InlineData("  ", null)]
    public void Words_OfACommand_AreThoseOfTheShell(string command, string? words)
        => Assert.Equal(words?.Split('|'), PlainCommand.Words(command));

    [Fact]
    public async Task Words_ThatAShellKnowsItself_AreNotPlain()
    {
        string known = await Checks.OutputAsync("bash -c 'compgen -b; compgen -k'");

        Assert.All(known.Split('\n'), static word => Assert.Null(PlainCommand.Words(word)));
    }

    [Fact]
    public async Task RunAsync_LongestCommand_Runs()
        => Assert.Equal(CheckResult.Exited(3), await Checks.RunAsync("exit 3".PadRight(CommandTemplate.MaxBytes)));

    [Fact]
    public void Description_IsTheExpandedCommand()
        => Assert.Equal("fping -q -- 'a b'", Checks.Prepare("fping -q -- %(host)s", "a b").Description);

    [Theory]
    [InlineData("$(exit 9)`exit 9`; exit 9")]
    [InlineData("'; exit 9; '")]
    [InlineData("\"; exit 9; \"")]
    [InlineData("it's\n\n a\ttab \\ \\n $HOME ~ * ? [a] {a,b} # ! & | < > ( )")]
    [InlineData("-n")]
    [InlineData("åäö \U0001F511 \u202e \u200b")]
    [InlineData("%s %(name)s %%")]
    [InlineData("")]
    public async Task RunAsync_HostileValue_IsOneWord(string host)
        => Assert.Equal($"1:{host}", await Checks.OutputAsync("p() { printf '%%s' \"$#:$1\"; }; p %(host)s", host));

    [Fact]
    public async Task RunAsync_RandomValues_AreOneWord()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int i = 0; i < 100; i++)
        {
            string host = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(1, 0x180)));

            string output = await Checks.OutputAsync("p() { printf '%%s' \"$#:$1\"; }; p %(host)s", host);

            Assert.True(output == $"1:{host}", $"seed {seed}, case {i}");
        }
    }

    [Fact]
    public async Task RunAsync_ManyAtOnce_EachGetsItsOwnResult()
    {
        const int count = 500;
        CheckResult[] results = await Task.WhenAll(
            Enumerable.Range(0, count).Select(i => Checks.RunAsync($"sleep 0.{i % 3}; exit {i % 256}")));

        Assert.Equal(Enumerable.Range(0, count).Select(i => CheckResult.Exited(i % 256)), results);
    }

    [Fact]
    public async Task RunAsync_AnotherHangs_IsNotHeldUp()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult>[] hanging = [.. Enumerable.Range(0, 50).Select(_ => Checks.Prepare("sleep 1000").RunAsync(stop.Token))];

        for (int i = 0; i < 50; i++)
        {
            Assert.True((await Checks.RunAsync("true")).IsSuccess);
        }

        Assert.All(hanging, check => Assert.False(check.IsCompleted));
        await stop.CancelAsync();
        foreach (Task<CheckResult> check in hanging)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        }
    }

    [Fact]
    public async Task RunAsync_DotNetWaitsForItsOwnChildren_NoStatusIsLost()
    {
        async Task<int> OwnAsync(int code)
        {
            using Process process = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"exit {code}")]);
            await process.WaitForExitAsync(Checks.TestEnds);
            return process.ExitCode;
        }

        List<Task<int>> own = [];
        List<Task<CheckResult>> checks = [];
        for (int i = 0; i < 100; i++)
        {
            own.Add(OwnAsync(i));
            checks.Add(Checks.RunAsync($"exit {i}"));
        }

        Assert.Equal(Enumerable.Range(0, 100), await Task.WhenAll(own));
        Assert.Equal(Enumerable.Range(0, 100).Select(CheckResult.Exited), await Task.WhenAll(checks));
    }
}
