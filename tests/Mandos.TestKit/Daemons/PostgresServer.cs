using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace Mandos.TestKit.Daemons;

/// <summary>A PostgreSQL of its own, in a temporary directory: its socket and its data are there, and it ends with the test, however that ends.</summary>
/// <remarks>
/// Not as root, which PostgreSQL refuses. It does not synchronise its disk: no test cuts the power, and what is killed keeps what it wrote.
/// </remarks>
public sealed partial class PostgresServer : IAsyncDisposable
{
    /// <summary>The role that may do anything, on the socket, without a password.</summary>
    public const string Administrator = "postgres";

    private const string Account = "nobody";

    /// <summary>IPC_RMID of shmctl(2).</summary>
    private const int RemoveSegment = 0;

    /// <summary>The roles that may connect: the administrator, roles that the system knows, and those with a password, by TLS alone.</summary>
    private const string Access =
        $"""
        local all {Administrator} trust
        local replication {Administrator} trust
        local all all peer map=tests
        hostssl all all all scram-sha-256
        """;

    /// <summary>
    /// Runs PostgreSQL until our end of its pipe is closed, which the kernel sees to when the test dies. It ends at once, and gives its shared memory back.
    /// </summary>
    private const string Keeper =
        """
        exec 3<&0
        "$@" </dev/null >>"$log" 2>&1 &
        echo $!
        read -r _ <&3
        kill -CONT $! $(cat /proc/$!/task/$!/children)
        kill -QUIT $!
        wait
        """;

    private static readonly string _programs = FindPrograms();

    private readonly TemporaryDirectory _directory = new();
    private readonly IReadOnlyList<string> _settings;
    private readonly PostgresNetwork? _network;
    private readonly List<string> _options;
    private string? _disk;
    private Process? _keeper;

    private PostgresServer(int port, PostgresNetwork? network, IReadOnlyList<string> settings)
        => (Port, _network, _settings, _options) = (port, network, settings, [.. settings]);

    /// <summary>Where its socket is: what a client takes for the host.</summary>
    public string SocketDirectory => _directory.FullName;

    /// <summary>Its port on its network, if it is on one, and in the name of its socket.</summary>
    public int Port { get; }

    /// <summary>What it has logged.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>The process that accepts connections; null while it does not run.</summary>
    public int? ProcessId { get; private set; }

    private string LogFile => _directory.PathOf("log");

    private string Data => _directory.PathOf("data");

    /// <summary>Makes an empty one and starts it.</summary>
    /// <param name="settings">Settings beside the usual ones, each as <c>name=value</c>.</param>
    public static Task<PostgresServer> StartAsync(params IReadOnlyList<string> settings) => StartAsync(new PostgresServer(5432, null, settings), 0);

    /// <summary>Makes one that listens on a network too.</summary>
    /// <param name="network">Where.</param>
    /// <param name="settings">Settings beside the usual ones, each as <c>name=value</c>.</param>
    public static Task<PostgresServer> StartAsync(PostgresNetwork network, params IReadOnlyList<string> settings)
        => StartAsync(new PostgresServer(network.Namespace is null ? FreePort.Find() : 5432, network, settings), 0);

    /// <summary>Makes one whose tables, not its log, are on a small disk that can be filled up. Only root can.</summary>
    /// <param name="megabytes">The size of that disk.</param>
    public static Task<PostgresServer> StartOnSmallDiskAsync(int megabytes) => StartAsync(new PostgresServer(5432, null, []), megabytes);

    /// <summary>Makes a standby that follows this one by its socket, and starts it.</summary>
    /// <param name="name">Its name for <c>synchronous_standby_names</c>.</param>
    /// <param name="network">Where it listens; null if it has a socket alone.</param>
    public async Task<PostgresServer> AddStandbyAsync(string name, PostgresNetwork? network = null)
    {
        var standby = new PostgresServer(5432, network, _settings);
        try
        {
            standby.PrepareNetwork();
            await standby.OwnAsync();
            await RunUnprivilegedAsync(
                "pg_basebackup", "-D", standby.Data, "-X", "stream", "-c", "fast", "--no-sync", "-R", "-d",
                $"host={SocketDirectory} port={Port} user={Administrator} application_name={name}");
            await standby.RestartAsync();
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an administrator's query, and gives what it returns: columns apart by a <c>|</c>, rows by a line feed.</summary>
    /// <param name="sql">The query; psql's own commands work too.</param>
    /// <param name="database">Where.</param>
    public Task<string> QueryAsync(string sql, string database = "postgres") => PsqlAsync(database, "-c", sql);

    /// <summary>Runs psql as the administrator.</summary>
    /// <returns>What it has said.</returns>
    public async Task<string> PsqlAsync(string database, params IReadOnlyList<string> arguments)
        => (await Command.RequireAsync(Program("psql"), PsqlArguments(database, arguments))).Trim();

    /// <summary>Starts it, after it was killed too, and waits until it answers.</summary>
    public async Task RestartAsync()
    {
        Stop();
        List<string> command =
        [
            Program("postgres"), "-D", Data, "-k", SocketDirectory, "-p", Port.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (string option in (IEnumerable<string>)["listen_addresses=", "fsync=off", "dynamic_shared_memory_type=mmap", "jit=off", "shared_buffers=16MB", "timezone=GMT",
            "log_timezone=GMT", "wal_keep_size=64MB", .. _options])
        {
            command.AddRange(["-c", option]);
        }

        string[] keeper =
        [
            .. _network?.Namespace is { } name ? (string[])["ip", "netns", "exec", name] : [],
            .. Unprivileged("sh", ["-c", Keeper, "sh", .. command]),
        ];
        ProcessStartInfo start = Command.Describe(keeper[0], keeper.Skip(1));
        start.Environment["log"] = LogFile;
        _keeper = Process.Start(start)!;
        ProcessId = int.Parse((await _keeper.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!, CultureInfo.InvariantCulture);
        await Patience.UntilAsync("PostgreSQL answers", async () =>
        {
            Assert.True(Directory.Exists($"/proc/{ProcessId}"), "PostgreSQL does not start: " + Log);
            return (await Command.RunAsync(Program("psql"), PsqlArguments("postgres", ["-c", "SELECT 1"]))).ExitCode == 0;
        });
    }

    /// <summary>Kills it at once, with all its processes, as if its machine were switched off. Its data stays.</summary>
    public async Task KillAsync()
    {
        if (ProcessId is not null)
        {
            string[] lockFile = await File.ReadAllLinesAsync(Path.Join(Data, "postmaster.pid"), TestContext.Current.CancellationToken);
            await SignalAsync("KILL");
            Stop();

            // The kernel keeps what the dead shared, until there is no more of it to be had.
            const int Segment = 6;
            int segment = int.Parse(lockFile[Segment].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            _ = shmctl(segment, RemoveSegment, 0);
        }
    }

    /// <summary>Ends it at once.</summary>
    private void Stop()
    {
        if (_keeper is { } keeper)
        {
            keeper.StandardInput.Close();
            keeper.WaitForExit();
            keeper.Dispose();
            _keeper = null;
            ProcessId = null;
        }
    }

    /// <summary>Stops all its processes where they are: its kernel still takes connections and bytes.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on after <see cref="FreezeAsync"/>.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>Makes a standby the primary, and waits until it is.</summary>
    public Task PromoteAsync() => QueryAsync("SELECT pg_promote(true, 60)");

    /// <summary>Receives its log under a name, as a standby or a backup does, until that is disposed. It ends without this server too.</summary>
    public Process Receive(string name)
    {
        string[] command = Unprivileged(
            "sh", ["-c", "mkdir -p \"$0\" && exec \"$@\"", _directory.PathOf("received"), Program("pg_receivewal"), "-D", _directory.PathOf("received"), "--no-sync", "--no-loop",
            "-d", $"host={SocketDirectory} port={Port} user={Administrator} application_name={name}"]);
        return Process.Start(Command.Describe(command[0], command.Skip(1)))!;
    }

    /// <summary>Changes a setting, and waits until it is in force.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value, which need not be quoted.</param>
    public async Task SetAsync(string name, string value)
    {
        await QueryAsync($"ALTER SYSTEM SET {name} = '{value}'");
        await QueryAsync("SELECT pg_reload_conf()");
        await Patience.UntilAsync($"{name} is “{value}”", async () => await QueryAsync($"SHOW {name}") == value);
    }

    /// <summary>Fills the small disk up, to the last byte.</summary>
    public void FillDisk()
    {
        using var filler = new FileStream(Path.Join(_disk, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
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

    /// <summary>Makes room again.</summary>
    public void MakeRoom() => File.Delete(Path.Join(_disk, "filler"));

    public async ValueTask DisposeAsync()
    {
        Stop();
        if (_disk is not null)
        {
            await Command.RequireAsync("umount", "--lazy", _disk);
        }

        _directory.Dispose();
    }

    private static async Task<PostgresServer> StartAsync(PostgresServer server, int megabytes)
    {
        try
        {
            await server.MakeAsync(megabytes);
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private void PrepareNetwork()
    {
        if (_network is { } network)
        {
            _options.AddRange(["ssl=on", $"listen_addresses={network.Address}", $"ssl_cert_file={_directory.Write("server.crt", network.Certificate)}"]);
            string key = _directory.Write("server.key", network.Key);
            File.SetUnixFileMode(key, UnixFileMode.UserRead);
            _options.Add($"ssl_key_file={key}");
        }
    }

    private async Task MakeAsync(int megabytes)
    {
        if (megabytes > 0)
        {
            Directory.CreateDirectory(Data);
            await Command.RequireAsync(
                "mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m,nosuid,nodev"), "tmpfs", Data);
            _disk = Data;
        }

        PrepareNetwork();
        await OwnAsync();
        await RunUnprivilegedAsync(
            "initdb", "-D", Data, "-X", _directory.PathOf("wal"), "-U", Administrator, "--locale=C", "-E", "UTF8", "-A", "trust", "--no-sync",
            "--no-instructions");
        await File.WriteAllTextAsync(Path.Join(Data, "pg_hba.conf"), Access, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Join(Data, "pg_ident.conf"),
            string.Concat(((string[])["_mandos", "mandos_owner", "stranger"]).Select(static role => $"tests /^.*$ {role}\n")),
            TestContext.Current.CancellationToken);
    }

    private async Task OwnAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            await Command.RequireAsync("chown", "-R", Account, _directory.FullName);
            await Command.RequireAsync("chmod", "a+x", _directory.FullName); // whoever may connect has to reach its socket
        }
    }

    private IEnumerable<string> PsqlArguments(string database, IEnumerable<string> arguments) =>
    [
        "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", SocketDirectory, "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", Administrator,
        "-d", database, .. arguments,
    ];

    /// <summary>The postmaster stands still meanwhile, so that it starts no more.</summary>
    private async Task SignalAsync(string signal)
    {
        string process = ProcessId!.Value.ToString(CultureInfo.InvariantCulture);
        await Command.RequireAsync(
            "sh", "-c", $"kill -STOP {process}; kill -{signal} $(cat /proc/{process}/task/{process}/children) {process}");
    }

    [LibraryImport("libc")]
    private static partial int shmctl(int id, int operation, nint buffer);

    private static Task<string> RunUnprivilegedAsync(string program, params IEnumerable<string> arguments)
    {
        string[] command = Unprivileged(program, arguments);
        return Command.RequireAsync(command[0], command.Skip(1));
    }

    private static string[] Unprivileged(string program, params IEnumerable<string> arguments) =>
    [
        .. Environment.IsPrivilegedProcess ? (string[])["setpriv", $"--reuid={Account}", "--regid=nogroup", "--clear-groups"] : [],
        program is "sh" ? program : Program(program),
        .. arguments,
    ];

    private static string Program(string name) => Path.Join(_programs, name);

    /// <summary>The folder of the programs, which has the version in its name.</summary>
    private static string FindPrograms()
    {
        string versions = Path.Join(Repository.Peers, "usr/lib/postgresql");
        return Path.Join(Directory.Exists(versions) ? Directory.GetDirectories(versions).Single() : versions, "bin");
    }
}
