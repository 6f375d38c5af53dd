using System.Text.RegularExpressions;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A program at a terminal: a tmux of the test's own.</summary>
internal sealed class Terminal : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-terminal-");

    private Terminal()
    {
    }

    /// <summary>Starts a program.</summary>
    /// <param name="bus">The bus that it takes for the system bus; null for none.</param>
    /// <param name="program">Its path, or that among the peers.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<Terminal> StartAsync(DBusDaemon? bus, string program, params string[] arguments)
    {
        var terminal = new Terminal();
        // The session would keep our pipes open.
        var start = Command.Describe("sh", ["-c", "exec \"$@\" > /dev/null 2>&1", "sh", "tmux", .. terminal.Arguments(
            ["new-session", "-d", "-x", "150", "-y", "40", Path.Combine(Repository.Peers, program), .. arguments])]);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus?.Address ?? "unix:path=/nonexistent";
        start.Environment.Remove("LD_LIBRARY_PATH");
        var result = await Command.RunAsync(start, input: "");
        Assert.True(result.ExitCode == 0, $"tmux ended with status {result.ExitCode}");
        return terminal;
    }

    /// <summary>Presses keys, in tmux's names.</summary>
    public async Task PressAsync(params string[] keys)
        => await Command.RequireAsync("tmux", Arguments(["send-keys", "--", .. keys]));

    /// <summary>Makes it larger or smaller.</summary>
    public Task ResizeAsync(int width, int height) => Command.RequireAsync(
        "tmux", Arguments("resize-window", "-x", $"{width}", "-y", $"{height}"));

    /// <summary>Waits until the program has ended, and tmux with it.</summary>
    public Task WaitUntilItEndsAsync() => Patience.UntilAsync(
        "the end of the program", async () => (await Command.RunAsync("tmux", Arguments("has-session"))).ExitCode != 0);

    /// <summary>Waits until the screen has a text.</summary>
    /// <param name="pattern">A regular expression for it.</param>
    public async Task WaitForAsync(string pattern)
    {
        var screen = "";
        try
        {
            await Patience.UntilAsync($"on the screen: {pattern}", async () =>
            {
                screen = await Command.RequireAsync("tmux", Arguments("capture-pane", "-p"));
                return Regex.IsMatch(screen, pattern, RegexOptions.CultureInvariant);
            });
        }
        catch
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"the screen:\n{screen}");
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Command.RunAsync("tmux", Arguments("kill-server"));
        _directory.Delete(recursive: true);
    }

    private string[] Arguments(params string[] arguments)
        => ["-u", "-S", Path.Combine(_directory.FullName, "socket"), "-f", "/dev/null", .. arguments];
}
