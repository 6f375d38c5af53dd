using System.Globalization;
using System.Runtime.InteropServices;
using Mandos.CheckerFping.Processes;
using Mandos.TestKit;

namespace CheckerFping.Tests;

/// <summary>What a check sees of the process that runs it.</summary>
public sealed partial class IsolationTests
{
    // The glob itself holds a descriptor while it reads the directory, so each is looked at again.
    private const string ListDescriptors = "for f in /proc/$$/fd/*; do [ -L \"$f\" ] && printf '%%s ' \"${f##*/}\"; done; :";

    [Fact]
    public async Task Descriptors_OursAreNotClosedOnExec_DoNotLeak()
    {
        int[] leaky = [.. Enumerable.Range(0, 5).Select(_ => dup(1))];
        try
        {
            Assert.All(leaky, fd => Assert.True(fd > 2));
            Assert.Equal("0 1 2 ", await Checks.OutputAsync(ListDescriptors));
        }
        finally
        {
            foreach (int fd in leaky)
            {
                _ = close(fd);
            }
        }
    }

    [Fact]
    public async Task Descriptors_Standard_AreDevNull()
    {
        Assert.Equal("/dev/null\n/dev/null\n/dev/null\n", await StandardDescriptorsAsync(debug: false));
    }

    [Fact]
    public async Task Descriptors_Debug_OutputIsOurs()
    {
        Assert.Equal($"/dev/null\n{LinkTarget(1)}\n{LinkTarget(2)}\n", await StandardDescriptorsAsync(debug: true));
    }

    [Fact]
    public async Task Input_Read_IsAtItsEnd() => Assert.Equal("end\n", await Checks.OutputAsync("cat; echo end"));

    [Fact]
    public async Task Directory_IsRoot() => Assert.Equal("/\n", await Checks.OutputAsync("pwd -P"));

    [Fact]
    public async Task Signals_NoneBlockedNorIgnored()
    {
        const long sigpipe = 1L << 12;
        string ours = await File.ReadAllTextAsync("/proc/self/status", Checks.TestEnds);
        Assert.NotEqual(0, Field(ours, "SigIgn") & sigpipe);

        string theirs = await Checks.OutputAsync("cat /proc/self/status");

        Assert.Equal(0, Field(theirs, "SigIgn"));
        Assert.Equal(0, Field(theirs, "SigBlk"));
    }

    [Fact]
    public async Task Session_IsItsOwn()
    {
        // pid (name) state parent group session terminal
        string[] fields = (await Checks.OutputAsync("cat /proc/$$/stat; :")).Split(' ');

        Assert.Equal(fields[0], fields[4]);
        Assert.Equal(fields[0], fields[5]);
        Assert.Equal("0", fields[6]);
    }

    [Fact]
    public async Task Environment_IsOursLessWhatIsForUsAlone()
    {
        string[] variables = (await Checks.OutputAsync("env")).Split('\n');

        Assert.Contains($"PATH={Environment.GetEnvironmentVariable("PATH")}", variables);
        Assert.DoesNotContain(variables, variable => variable.StartsWith("DOTNET_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PATH", true)]
    [InlineData("LANG", true)]
    [InlineData("HOME", true)]
    [InlineData("NOTIFY_SOCKET", false)]
    [InlineData("WATCHDOG_USEC", false)]
    [InlineData("LISTEN_FDS", false)]
    [InlineData("DOTNET_gcServer", false)]
    [InlineData("CORECLR_ENABLE_PROFILING", false)]
    public void IsPassedOn_Variable_AsTold(string name, bool expected) => Assert.Equal(expected, Spawner.IsPassedOn(name));

    private static async Task<string> StandardDescriptorsAsync(bool debug)
    {
        using TemporaryDirectory directory = new();
        string file = directory.PathOf("output");
        // Asked for in a subshell: a redirection changes the shell's own descriptors for a while.
        await Checks.Prepare($"d=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo \"$d\" >{file}", debug: debug)
            .RunAsync(Checks.TestEnds);
        return await File.ReadAllTextAsync(file, Checks.TestEnds);
    }

    private static string LinkTarget(int fd)
        => new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}")).LinkTarget!;

    private static long Field(string status, string name)
        => long.Parse(
            status.Split('\n').Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..],
            NumberStyles.HexNumber | NumberStyles.AllowLeadingWhite,
            CultureInfo.InvariantCulture);

    [LibraryImport("libc")]
    private static partial int dup(int fd);

    [LibraryImport("libc")]
    private static partial int close(int fd);
}
