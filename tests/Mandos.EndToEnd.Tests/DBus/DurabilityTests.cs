using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>A decision of a person is on the disk, or that person hears that it is not: on disks that are full, read-only or replaced.</summary>
public sealed class DurabilityTests : IAsyncLifetime
{
    private const string Stock = "mandos-ctl";

    private static readonly string _own = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    /// <summary>Makes the state directory read-only for the server alone, if the file is there that names the directory.</summary>
    private const string Mount = """
        [ ! -e "$1" ] || mount -o remount,bind,ro "$(cat "$1")"
        shift
        exec "$@"
        """;

    private readonly string _readOnly = Path.GetTempFileName();
    private readonly TestClient _client = new("client");
    private readonly TestClient _other = new("other");
    private DBusDaemon _bus = null!;
    private TestServer _server = null!;
    private bool _isMounted;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_server.StateDirectory, "clients.db");

    public async ValueTask InitializeAsync()
    {
        File.Delete(_readOnly);
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a disk needs root");
        _bus = await DBusDaemon.StartAsync();
        _server = new TestServer("--debug") { Bus = _bus, Wrapper = ["unshare", "--mount", "sh", "-ec", Mount, "sh", _readOnly] };
        _server.AddClient(_client.StanzaWith("checker = true"));
        _server.AddClient(_other.StanzaWith("checker = true"));
        await Command.RequireAsync("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", _server.StateDirectory);
        _isMounted = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isMounted)
        {
            await Command.RequireAsync("umount", "-l", _server.StateDirectory);
            await _server.DisposeAsync();
            await _bus.DisposeAsync();
        }
    }

    [Fact]
    public async Task Disable_OnFullDisk_OutlastsAKill()
    {
        await StartAsync();
        FillDisk();

        Assert.Equal(0, (await RunAsync(Stock, "--disable", "client")).ExitCode);
        await _server.KillAsync();
        await StartAsync();

        await _client.RequireRefusalAsync(_server);
        await _other.RequireSecretAsync(_server);
        await _server.StopAsync();
    }

    [Fact]
    public async Task Disable_DatabaseReplaced_FailsIsInForceAndTheEndSaysSo()
    {
        await StartAsync();
        var backup = Database + ".backup";
        File.Copy(Database, backup);
        File.Move(backup, Database, overwrite: true);

        foreach (var (ctl, client) in new[] { (Stock, _client), (_own, _other) })
        {
            var result = await RunAsync(ctl, "--disable", client.Name);
            Assert.True(result.ExitCode == 1, $"{ctl} ended with {result.ExitCode}");
            Assert.Contains("in force but not saved", result.Errors, StringComparison.Ordinal);
            Assert.Contains("another file was put in its place", result.Errors, StringComparison.Ordinal);
            await client.RequireRefusalAsync(_server);
        }

        Assert.Contains(
            "cannot save what changes: " + Database, (await RunAsync(_own)).Errors, StringComparison.Ordinal);
        await using var terminal = await Terminal.StartAsync(_bus, Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-monitor"));
        await terminal.WaitForAsync("^The server cannot save what changes: ");
        await _server.SignalAsync("TERM");
        Assert.Equal(75, await _server.WaitForEndAsync());
        Assert.Contains("Ended without saving everything", _server.Log.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("changes of 2 clients", _server.Log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisableAll_DatabaseDeleted_DisablesEveryClientAndFails()
    {
        await StartAsync();
        File.Delete(Database);

        var result = await RunAsync(_own, "--disable", "--all");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("it was moved or deleted", result.Errors, StringComparison.Ordinal);
        await _client.RequireRefusalAsync(_server);
        await _other.RequireRefusalAsync(_server);
    }

    [Fact]
    public async Task Start_ReadOnlyDisk_ServesFromTheStateAndBecomesWhole()
    {
        await StartAsync();
        Assert.Equal(0, (await RunAsync(Stock, "--disable", "client")).ExitCode);
        await _server.KillAsync();
        await File.WriteAllTextAsync(_readOnly, _server.StateDirectory, Cancellation);

        await StartAsync();
        await _client.RequireRefusalAsync(_server);
        await _other.RequireSecretAsync(_server);
        await _server.Log.WaitForAsync("ERROR", "was read, but cannot be saved");
        Assert.Equal(1, (await RunAsync(Stock, "--disable", "other")).ExitCode);
        await _other.RequireRefusalAsync(_server);

        File.Delete(_readOnly);
        await Command.RequireAsync(
            "nsenter", "-t", $"{_server.ProcessId}", "-m", "mount", "-o", "remount,bind,rw", _server.StateDirectory);
        Assert.Equal(0, (await RunAsync(_own, "--enable", "client")).ExitCode);
        await Patience.UntilAsync("all is saved", () => _server.Log.Count("WARNING", "state is saved again") > 0);
        Assert.Equal("", (await RunAsync(_own)).Errors);
        await _server.KillAsync();
        await StartAsync();
        await _client.RequireSecretAsync(_server);
        await _other.RequireRefusalAsync(_server);
    }

    [Fact]
    public async Task Start_FullDiskWithoutState_Serves()
    {
        FillDisk();

        await StartAsync();

        await _client.RequireSecretAsync(_server);
        Assert.Equal(1, (await RunAsync(_own, "--disable", "client")).ExitCode);
        File.Delete(Path.Combine(_server.StateDirectory, "filler"));
        Assert.Equal(0, (await RunAsync(_own, "--disable", "client")).ExitCode);
        await _server.KillAsync();
        await StartAsync();
        await _client.RequireRefusalAsync(_server);
    }

    /// <summary>Starts it and waits until it is on the bus.</summary>
    private async Task StartAsync()
    {
        await _server.StartAsync();
        await Patience.UntilAsync("the server is on the bus", async () => (await RunAsync(_own, "--names")).ExitCode == 0);
    }

    private async Task<CommandResult> RunAsync(string program, params IEnumerable<string> arguments)
    {
        var start = Command.Describe(program, arguments);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = _bus.Address;
        return await Command.RunAsync(start, "");
    }

    private void FillDisk()
    {
        using var filler = new FileStream(Path.Combine(_server.StateDirectory, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true)
            {
                filler.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }
}
