using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>Our mandos-ctl does what Debian's does, with either server.</summary>
public sealed partial class OwnMandosCtlTests
{
    private const string Stock = "mandos-ctl";

    // No check starts by itself: the first one starts after a random part of the interval.
    private const string Clients = """
        [DEFAULT]
        checker = true
        interval = P10D
        secret = c2VjcmV0
        [zoo]
        key_id = 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        fingerprint = 7788998877889988778899887788998877889988
        host = foo.example.org
        timeout = P400DT1H
        [bar.example-org]
        key_id = 10112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        fingerprint = 8788998877889988778899887788998877889988
        enabled = False
        [alpha]
        key_id = 20112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        fingerprint = 9788998877889988778899887788998877889988
        approved_by_default = False
        checker = echo "a	tab\ ü €"
        """;

    private static readonly string _own = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Listings_OfEitherServer_AreThoseOfDebiansByteForByte(bool stockServer)
    {
        await using var scene = await ServerOnBus.StartAsync(stockServer, Clients);
        string[][] listings =
        [
            [], ["--verbose"], ["-v", "alpha", "zoo", "alpha"], ["--dump-json"], ["-j", "zoo", "bar.example-org"], ["bar.example-org"],
            ["--is-enabled", "zoo"], ["-V", "bar.example-org"], ["-V", "nobody"], ["nobody", "zoo"], ["--enable", "nobody"],
            ["--enable"], ["--all"], ["-v", "-j"], ["-e", "-d", "zoo"], ["-r", "-e", "zoo"], ["--nosuch"], ["-V", "zoo", "alpha"],
        ];

        foreach (var arguments in listings)
        {
            var (own, stock) = (await scene.RunAsync(_own, arguments), await scene.RunAsync(Stock, arguments));
            var shown = string.Join(' ', arguments);
            Assert.True(own.Output == stock.Output, $"{shown} printed\n{own.Output}{own.Errors}\nnot\n{stock.Output}");
            Assert.True(own.ExitCode == stock.ExitCode, $"{shown} ended with {own.ExitCode}, not {stock.ExitCode}");
            Assert.DoesNotContain("   at ", own.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task KeptAndForget_OfOurServer_ShowAndForgetWhoIsGone()
    {
        await using var scene = await ServerOnBus.StartAsync(Clients);
        await scene.RequireAsync(_own, "--disable", "zoo");
        await scene.RequireAsync(_own, "--remove", "alpha");
        var clients = await File.ReadAllTextAsync(scene.Server.ClientsFile, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            scene.Server.ClientsFile, clients.Replace("[zoo]", "[bär]", StringComparison.Ordinal)
                .Replace("= 00112233445566778899AABB", "= 30112233445566778899AABB", StringComparison.Ordinal)
                .Replace("7788998877889988778899887788998877889988", "3788998877889988778899887788998877889988", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        await scene.Server.SignalAsync("HUP");
        await scene.Server.Log.WaitForAsync("INFO", "Configuration re-read: 2 clients, 1 added");

        var kept = (await scene.RequireAsync(_own, "--kept")).Split('\n');

        Assert.Matches("^Name +State +Left +Key$", kept[0]);
        Assert.Matches("^alpha +removed +20112233445566778899AABB", kept[1]);
        Assert.Matches("^zoo +disabled +20[0-9]{2}-[0-9T:.-]+ +00112233445566778899AABB", kept[2]);
        Assert.Equal(("", 4), (kept[3], kept.Length));

        await scene.RequireAsync(_own, "--forget", "zoo", "alpha");
        Assert.Single((await scene.RequireAsync(_own, "--kept")).Trim().Split('\n'));
        var again = await scene.RunAsync(_own, "--forget", "zoo");
        Assert.Equal((1, "mandos-ctl: the server says: nothing is kept under the name “zoo”\n"), (again.ExitCode, again.Errors));
        await File.WriteAllTextAsync(scene.Server.ClientsFile, clients, TestContext.Current.CancellationToken);
        await scene.Server.SignalAsync("HUP");
        await scene.Server.Log.WaitForAsync("INFO", "Configuration re-read: 3 clients, 2 added");
        await scene.RequireAsync(_own, "--is-enabled", "zoo");

        Assert.Equal(2, (await scene.RunAsync(_own, "--forget")).ExitCode);
        Assert.Equal(2, (await scene.RunAsync(_own, "--forget", "--all")).ExitCode);
        Assert.Equal(2, (await scene.RunAsync(_own, "--kept", "zoo")).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_OfEitherServer_HaveTheEffectOfDebians(bool stockServer)
    {
        string[][] changes =
        [
            ["--disable", "zoo"], ["--enable", "bar.example-org"], ["--bump-timeout", "alpha"], ["--checker", "echo %%", "zoo"],
            ["-t", "1d 2h", "zoo"], ["--timeout=PT7M", "--all"], ["--extended-timeout", "P1D", "zoo", "alpha"],
            ["-i", "P9D", "zoo"], ["--deny-by-default", "zoo"], ["--approve-by-default", "alpha"], ["--approval-delay", "PT5S", "zoo"],
            ["--approval-duration", "PT3S", "zoo"], ["-H", "other.example.org", "zoo"], ["-A", "-a"], ["-D", "zoo"],
            ["--stop-checker", "zoo"], ["-s", "-", "zoo"], ["--deny", "--remove", "bar.example-org"], ["--remove", "--all"],
        ];
        await using var own = await ServerOnBus.StartAsync(stockServer, Clients);
        await using var stock = await ServerOnBus.StartAsync(stockServer, Clients);

        foreach (var change in changes)
        {
            var shown = string.Join(' ', change);
            var (ours, theirs) = (await own.RunWithInputAsync("new", _own, change), await stock.RunWithInputAsync("new", Stock, change));
            Assert.True(ours.ExitCode == 0, $"{shown}: {ours.Errors}");
            Assert.True(theirs.ExitCode == 0, $"{shown}: {theirs.Errors}");
            Assert.Equal(await DumpAsync(stock), await DumpAsync(own));
        }
    }

    [Fact]
    public async Task Debug_OfASecret_ShowsItsLengthAlone()
    {
        await using var scene = await ServerOnBus.StartAsync(Clients);

        var result = await scene.RunWithInputAsync("topmost", _own, "--debug", "--secret", "-", "zoo");

        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        Assert.Contains("Secret, 7 bytes", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("topmost", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("116", result.Errors, StringComparison.Ordinal); // its bytes
    }

    [Fact]
    public async Task Secret_ThatDoesNotCome_CanBeInterrupted()
    {
        using var process = Process.Start(Command.Describe(_own, ["--secret", "-", "zoo"]))!;
        try
        {
            await Patience.UntilAsync("standard input is read", () => IsReadingInput(process.Id));
            await Command.RequireAsync("/bin/sh", "-c", $"kill -INT {process.Id}");
            await Patience.UntilAsync("its end", () => process.HasExited);

            var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.Equal((1, "mandos-ctl: interrupted\n"), (process.ExitCode, errors));
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task Errors_WithoutBusOrServer_AreOneLine()
    {
        await using var bus = await DBusDaemon.StartAsync();
        foreach (var (address, expected) in new[]
        {
            (bus.Address, "no Mandos server on the system bus"), ("unix:path=/nonexistent", "cannot connect to the system bus"),
        })
        {
            var start = Command.Describe(_own, []);
            start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = address;
            var result = await Command.RunAsync(start, "");
            Assert.Equal(1, result.ExitCode);
            Assert.StartsWith($"mandos-ctl: {expected}", result.Errors, StringComparison.Ordinal);
            Assert.Single(result.Errors.TrimEnd('\n').Split('\n'));
        }
    }

    /// <summary>Whether a thread is in read(2), which has another number on x86-64 and on arm64, of standard input; see proc(5).</summary>
    private static bool IsReadingInput(int process) => Directory.GetDirectories($"/proc/{process}/task")
        .Any(thread => File.ReadAllText($"{thread}/syscall").Split(' ') is ["0" or "63", var descriptor, ..]
            && FileOf(process, Convert.ToInt32(descriptor, 16)) == FileOf(process, 0));

    private static string? FileOf(int process, int descriptor) => new FileInfo($"/proc/{process}/fd/{descriptor}").LinkTarget;

    /// <summary>All clients by name, as Debian's server has them in any order, without times.</summary>
    private static async Task<string[]> DumpAsync(ServerOnBus scene)
    {
        using var clients = JsonDocument.Parse(await scene.RequireAsync(Stock, "-j"));
        return [.. clients.RootElement.EnumerateObject().Select(client => Times().Replace(client.ToString(), "(time)")).Order()];
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")]
    private static partial Regex Times();
}
