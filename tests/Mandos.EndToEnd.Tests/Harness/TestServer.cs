using System.Diagnostics;
using System.Globalization;
using System.Net;
using Mandos.TestKit.Control;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A real server with directories of its own. It can be started several times over the same state.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-test-");
    private Process? _process;
    private TestControlClient? _control;
    private TestEvents? _events;
    private Task _reading = Task.CompletedTask;

    /// <summary>Prepares a server on loopback without clients.</summary>
    /// <param name="arguments">Further arguments for its command line.</param>
    public TestServer(params IEnumerable<string> arguments)
    {
        Arguments = [.. arguments];
        // The server's user has to reach its directories.
        _directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(ConfigDirectory);
        Directory.CreateDirectory(StateDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(ScratchDirectory);
        File.WriteAllText(ClientsFile, "");
    }

    /// <summary>Further arguments for its next start.</summary>
    public IList<string> Arguments { get; }

    public string ConfigDirectory => Path.Combine(_directory.FullName, "config");

    public string StateDirectory => Path.Combine(_directory.FullName, "state");

    public string ClientsFile => Path.Combine(ConfigDirectory, "clients.conf");

    /// <summary>A directory where the server, and what it starts, may write.</summary>
    public string ScratchDirectory => Path.Combine(_directory.FullName, "scratch");

    /// <summary>Its plugins if it is <see cref="Steered"/>, or after <see cref="PreparePlugins"/>.</summary>
    public string PluginDirectory => Path.Combine(_directory.FullName, "plugins");

    private string ControlSocket => Path.Combine(ScratchDirectory, "control");

    /// <summary>Where it listens: ::1 unless a test says otherwise. With port 0 the kernel chooses one, and its log has to have INFO.</summary>
    public IPEndPoint EndPoint { get; init; } = new(IPAddress.IPv6Loopback, FreePort.Find());

    /// <summary>The number of the user and group whose its directories are; null for the user that a server of root's becomes.</summary>
    public int? Owner { get; init; }

    /// <summary>Whether root alone may read its configuration.</summary>
    public bool HasConfidentialConfiguration { get; init; }

    /// <summary>The network namespace in which it runs, by its name; null for that of the tests.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The D-Bus that it uses; null for none.</summary>
    public DBusDaemon? Bus { get; init; }

    /// <summary>Whether it announces itself; then it needs a bus, but not to be on it otherwise.</summary>
    public bool Zeroconf { get; init; }

    /// <summary>Which server it is.</summary>
    public string Program { get; init; } = Repository.Server;

    /// <summary>Programs to be put before it, in whose surroundings it is to run.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Whether tests steer it: then it has the test plugins too.</summary>
    public bool Steered { get; init; }

    /// <summary>Steers it after <see cref="SteerAsync"/>.</summary>
    public TestControlClient Control => _control!;

    /// <summary>Its events since <see cref="SteerAsync"/>.</summary>
    public TestEvents Events => _events!;

    /// <summary>Whether its log is no part of the test's output.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>What it has logged, over all its runs.</summary>
    public ServerLog Log { get; init; } = new();

    /// <summary>Whether it has ended since it was started.</summary>
    public bool HasEnded => _process!.HasExited;

    /// <summary>Its process ID.</summary>
    public int ProcessId => _process!.Id;

    /// <summary>Starts a server that the test steers.</summary>
    /// <param name="stanzas">Its clients.</param>
    public static async Task<TestServer> StartSteeredAsync(params IEnumerable<string> stanzas)
    {
        var server = new TestServer("--debug") { Steered = true };
        try
        {
            server.AddClient(string.Join('\n', stanzas));
            await server.SteerAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds clients to clients.conf.</summary>
    /// <param name="stanza">Lines of the file.</param>
    public void AddClient(string stanza) => File.AppendAllText(ClientsFile, stanza + "\n");

    /// <summary>Writes mandos.conf.</summary>
    /// <param name="options">Its options, lines of the file.</param>
    public Task ConfigureAsync(params IEnumerable<string> options)
        => File.WriteAllLinesAsync(Path.Combine(ConfigDirectory, "mandos.conf"), ["[DEFAULT]", .. options]);

    /// <summary>Gives it plugins of its own, if it has none: those of the server, and those of the tests if it is steered.</summary>
    /// <returns>Where they are.</returns>
    public string PreparePlugins()
    {
        if (!Directory.Exists(PluginDirectory))
        {
            Copy(Repository.Plugins, PluginDirectory);
            if (Steered)
            {
                Copy(Repository.TestPlugins, Path.Combine(PluginDirectory, "Mandos.TestPlugins"));
            }
        }

        return PluginDirectory;
    }

    /// <summary>Starts it and waits until it listens.</summary>
    public async Task StartAsync()
    {
        await LaunchAsync();
        await Patience.UntilAsync($"the server listens on {EndPoint}", () =>
        {
            Assert.False(_process!.HasExited, "the server ended instead of listening");
            return IsListening();
        });
    }

    /// <summary>Starts it, and connects <see cref="Control"/> and <see cref="Events"/>; it must be <see cref="Steered"/>.</summary>
    public async Task SteerAsync()
    {
        await StartAsync();
        Release();
        _control = await ConnectControlAsync();
        _events = await _control.SubscribeAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Starts it as a daemon and waits until the starting command ends.</summary>
    public async Task<CommandResult> StartDaemonAsync() => await Command.RunAsync(await PrepareAsync(), input: "");

    /// <summary>Starts it and waits until it ends.</summary>
    /// <returns>Its exit status.</returns>
    public async Task<int> RunToEndAsync()
    {
        await LaunchAsync();
        return await WaitForEndAsync();
    }

    /// <summary>Waits until its kernel has taken a connection that it has not.</summary>
    public Task WaitForConnectionInKernelAsync() => Patience.UntilAsync("a connection waits to be accepted", () =>
    {
        const string EstablishedState = "01";
        const string NoInode = "0"; // nobody has accepted it
        return new[] { "tcp", "tcp6" }.SelectMany(table => File.ReadLines($"/proc/{ProcessId}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(fields => fields[3] == EstablishedState && fields[9] == NoInode);
    });

    /// <summary>Sends it a signal.</summary>
    /// <param name="name">The signal's name, for example <c>HUP</c>.</param>
    public Task SignalAsync(string name) => Command.RequireAsync("/bin/sh", "-c", $"kill -{name} {ProcessId}");

    /// <summary>Ends it in the ordinary way, and expects success.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        Assert.Equal(0, await WaitForEndAsync());
    }

    /// <summary>Ends it as a power cut does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await WaitForEndAsync();
    }

    /// <summary>Waits until it ends.</summary>
    /// <returns>Its exit status.</returns>
    public async Task<int> WaitForEndAsync()
    {
        await Patience.UntilAsync("the server ends", () => _process!.HasExited);
        await _reading;
        return _process!.ExitCode;
    }

    /// <summary>Connects to its test control surface; it must be <see cref="Steered"/>.</summary>
    public async Task<TestControlClient> ConnectControlAsync()
    {
        using var limit = new CancellationTokenSource(Patience.Limit, TimeProvider.System);
        return await TestControlClient.ConnectAsync(ControlSocket, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        if (_process is { } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            await _reading;
            process.Dispose();
        }

        // The log of Debian's server is no part of the test's output.
        foreach (var line in Program != Repository.StockServer && !IsQuiet ? Log.Lines : [])
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>Starts it and does not wait.</summary>
    public async Task LaunchAsync()
    {
        var start = await PrepareAsync();
        _process?.Dispose();
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _reading = Task.WhenAll(ReadAsync(_process.StandardError), ReadAsync(_process.StandardOutput));
    }

    private void Release()
    {
        _events?.Dispose();
        _control?.Dispose();
    }

    private async Task<ProcessStartInfo> PrepareAsync()
    {
        await Account.GiveAsync(Owner, ConfigDirectory, StateDirectory, ScratchDirectory);
        if (HasConfidentialConfiguration)
        {
            await Command.RequireAsync("chown", "-R", "root:", ConfigDirectory);
            File.SetUnixFileMode(ClientsFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        string[] wrapper = NetworkNamespace is null ? [.. Wrapper] : ["ip", "netns", "exec", NetworkNamespace, .. Wrapper];
        string[] bus = Bus is null ? ["--no-dbus"] : [];
        string[] zeroconf = Zeroconf ? [] : ["--no-zeroconf"];
        string[] port = EndPoint.Port == 0 ? [] : ["--port", EndPoint.Port.ToString(CultureInfo.InvariantCulture)];
        string[] plugins = Steered || Directory.Exists(PluginDirectory) ? ["--plugindir", PreparePlugins()] : [];
        string[] command =
        [
            .. wrapper, Program, .. bus, .. zeroconf, "--address", EndPoint.Address.ToString(), .. port,
            "--configdir", ConfigDirectory, "--statedir", StateDirectory, .. plugins, .. Arguments,
        ];
        var start = Command.Describe(command[0], command.Skip(1));
        start.Environment.Remove("LD_LIBRARY_PATH");
        start.Environment["MANDOS_TEST_CONTROL"] = ControlSocket;
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = Bus?.Address ?? "unix:path=/nonexistent";
        return start;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            Log.Add(line);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }

    // Asks the kernel: a connection for trial would show in the server's log.
    private bool IsListening()
    {
        if (EndPoint.Port == 0)
        {
            return Log.Count("INFO", "Listening on") > 0;
        }

        const string ListenState = "0A";
        var port = EndPoint.Port.ToString("X4", CultureInfo.InvariantCulture);
        return new[] { "tcp", "tcp6" }.SelectMany(table => File.ReadLines($"/proc/{ProcessId}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(fields => fields[3] == ListenState && fields[1].EndsWith($":{port}", StringComparison.Ordinal));
    }
}
