using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>A server that root starts becomes an ordinary user for good, and nobody of that user sees into it.</summary>
public sealed class PrivilegeTests
{
    private const string Nobody = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin";
    private const string NoGroup = "nogroup:x:65534:";

    private readonly TestClient _client = new("client");

    [Theory]
    [InlineData("_mandos", 871)]
    [InlineData("mandos", 872)]
    [InlineData("nobody", 65534)]
    [InlineData(null, 65534)]
    public async Task Start_AsRoot_LeavesNoThreadAnyRightOfRoot(string? user, int number)
    {
        await using var system = new PrivateSystem();
        await system.SetAccountsAsync(
            user is null ? [] : [Nobody, $"{user}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin"],
            user is null ? [] : [NoGroup, $"{user}:x:{number}:root"]);
        await using var server = CreateServer(system, owner: number);

        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        var ids = $"{number} {number} {number} {number}";
        Assert.Equal([ids], ProcessFacts.StatusOfThreads(server.ProcessId, "Uid"));
        Assert.Equal([ids], ProcessFacts.StatusOfThreads(server.ProcessId, "Gid"));
        Assert.Equal([""], ProcessFacts.StatusOfThreads(server.ProcessId, "Groups"));
        Assert.All(["CapPrm", "CapEff", "CapAmb"], set => Assert.Equal(
            ["0000000000000000"], ProcessFacts.StatusOfThreads(server.ProcessId, set)));
        await server.StopAsync();
    }

    [Fact]
    public async Task StateDirectory_ThatIsNotThere_IsMadeForServersUser()
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system);
        var directory = Path.Combine(server.ScratchDirectory, "new");
        server.Arguments.Add("--statedir=" + directory);

        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        await system.WaitForMessageAsync($"WARNING: The state directory {directory} was not there");
        var owners = await Command.RequireAsync("find", directory, "-printf", "%U:%G %m\n");
        Assert.All(owners.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("65534:65534 ", line));
        Assert.StartsWith("65534:65534 700\n", owners, StringComparison.Ordinal);
        Assert.DoesNotMatch("[1-7]\n", owners);
    }

    [Fact]
    public async Task StateDirectory_OfRootWithFiles_IsRefusedAndLeftAsItIs()
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system);
        var directory = Directory.CreateTempSubdirectory("mandos-roots-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "file"), "", TestContext.Current.CancellationToken);
            server.Arguments.Add("--statedir=" + directory);

            var status = await server.RunToEndAsync();

            Assert.Equal(1, status);
            Assert.Contains(server.Log.Lines, line
                => line.StartsWith($"mandos: {directory}: user nobody cannot use", StringComparison.Ordinal));
            Assert.Equal("0\n0\n", await Command.RequireAsync("find", directory.FullName, "-printf", "%U\n"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Checker_RunsAsServersUserWithoutDescriptors()
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system);
        var file = Path.Combine(server.ScratchDirectory, "facts");
        server.AddClient(new TestClient("checked").StanzaWith(
            "interval = PT1S", $"checker = (id -u; id -G; ls /proc/self/fd; ulimit -c; env) > {file}.new; mv {file}.new {file}"));

        await server.StartAsync();
        await Patience.UntilAsync("a check", () => File.Exists(file));

        var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        // 3 is the folder that ls reads.
        Assert.Equal(["65534", "65534", "0", "1", "2", "3", "0"], lines[..7]);
        Assert.DoesNotContain(lines, line => line.StartsWith("DOTNET_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Memory_IsOutOfReachForServersUser()
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system);
        await server.StartAsync();
        await _client.RequireSecretAsync(server);
        const string AsUser = "exec setpriv --reuid=65534 --regid=65534 --clear-groups ";

        foreach (var file in new[] { "mem", "maps", "environ" })
        {
            var result = await Command.RunAsync("/bin/sh", "-c", $"{AsUser} cat /proc/{server.ProcessId}/{file}");
            Assert.Contains("Permission denied", result.Errors, StringComparison.Ordinal);
        }

        // That user does see into its other processes.
        Assert.NotEmpty(await Command.RequireAsync("/bin/sh", "-c", $"{AsUser} sh -c 'sleep 60 & cat /proc/$!/maps; kill $!'"));
        var limits = await File.ReadAllTextAsync($"/proc/{server.ProcessId}/limits", TestContext.Current.CancellationToken);
        Assert.Matches(@"Max core file size +0 +0 ", limits);
    }

    [Theory]
    [InlineData("--foreground")]
    [InlineData("--debug")]
    [InlineData(null)]
    public async Task Diagnostics_AreOff(string? option)
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system);
        server.Arguments.Clear();
        if (option is null)
        {
            Assert.Equal(0, (await server.StartDaemonAsync()).ExitCode);
        }
        else
        {
            server.Arguments.Add(option);
            await server.StartAsync();
            await _client.RequireSecretAsync(server);
        }

        var id = option is null ? system.DaemonId : server.ProcessId;
        Assert.Contains("DOTNET_EnableDiagnostics=0", ProcessFacts.Variables(id));
        // Files of killed processes that had the same number may lie about; their names have another start time.
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetTempPath(), $"dotnet-diagnostic-{id}-{ProcessFacts.StartTime(id)}-*"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetTempPath(), $"clr-debug-pipe-{id}-{ProcessFacts.StartTime(id)}-*"));
    }

    [Fact]
    public async Task Start_AsOrdinaryUser_WarnsAndServes()
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(
            system, owner: 12345, wrapper: ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]);

        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        Assert.EndsWith(
            "so it cannot become user nobody: it stays 12345", await system.WaitForMessageAsync("WARNING: Not started by root"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-setuid,-setgid,-chown")]
    [InlineData("-setuid,-setgid")]
    [InlineData("-setuid")]
    public async Task Start_AsRootThatMayNotChangeItsUser_WarnsAndServes(string capabilities)
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system, owner: 0, wrapper: ["setpriv", "--bounding-set", capabilities]);

        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        await system.WaitForMessageAsync("WARNING: Root may not become user nobody here");
        Assert.True(File.Exists(Path.Combine(server.StateDirectory, "clients.db")));
        await server.StopAsync();
    }

    [Fact]
    public async Task Start_Traced_WarnsAndServes()
    {
        // As proot does, which then cannot read the arguments of system calls any more if the process hides its memory.
        const string Trace = """
            import ctypes, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            child = os.fork()
            if child == 0:
                libc.ptrace(0, 0, None, None)
                os.execvp(sys.argv[1], sys.argv[1:])
            while True:
                pid, status = os.waitpid(child, 0)
                if not os.WIFSTOPPED(status):
                    sys.exit(os.waitstatus_to_exitcode(status))
                signal = os.WSTOPSIG(status)
                libc.ptrace(7, child, None, 0 if signal == 5 else signal)
            """;
        await using var system = new PrivateSystem();
        await using var server = CreateServer(
            system, owner: 12345, wrapper: ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "python3", "-c", Trace]);

        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        await system.WaitForMessageAsync("traces this one");
        var traced = (await File.ReadAllTextAsync(
            $"/proc/{server.ProcessId}/task/{server.ProcessId}/children", TestContext.Current.CancellationToken)).Trim();
        await Command.RequireAsync(
            "setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "head", "-c", "1", $"/proc/{traced}/auxv");
    }

    [Fact]
    public async Task Start_FileSystemWithoutLocks_WarnsAndServes()
    {
        // Locks of fcntl(2) fail with ENOLCK.
        const string NoLocks = """
            import ctypes, os, struct, sys
            fcntl = {"x86_64": 72, "aarch64": 25}[os.uname().machine]
            filter = [(0x20, 0, 0, 0), (0x15, 0, 4, fcntl), (0x20, 0, 0, 24), (0x35, 0, 2, 5), (0x25, 1, 0, 7),
                (0x06, 0, 0, 0x50000 | 37), (0x06, 0, 0, 0x7fff0000)]
            code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in filter))
            program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filter), ctypes.addressof(code)))
            libc = ctypes.CDLL(None, use_errno=True)
            assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0
            os.execvp(sys.argv[1], sys.argv[1:])
            """;
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system, wrapper: ["python3", "-c", NoLocks]);

        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        await system.WaitForMessageAsync("has no locks");
        await server.StopAsync();
        await server.StartAsync();
        await _client.RequireSecretAsync(server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_WithoutRestore_NeedsNoStateDirectory(bool isThere)
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);
        var directory = Path.Combine(server.ScratchDirectory, "roots");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(Path.Combine(directory, "file"), "", TestContext.Current.CancellationToken);
        await using var other = CreateServer(system);
        var state = isThere ? directory : "/proc/nowhere/state";
        other.Arguments.Add("--statedir=" + state);
        Assert.Equal(1, await other.RunToEndAsync());
        other.Arguments.Add("--no-restore");

        await other.StartAsync();
        await _client.RequireSecretAsync(other);

        await system.WaitForMessageAsync("cannot be saved: " + state);
    }

    [Fact]
    public async Task Reload_OfFileForRootAlone_KeepsClientsAndSaysHow()
    {
        await using var system = await WithNobodyAsync();
        await using var server = CreateServer(system, isConfidential: true);
        await server.StartAsync();
        await _client.RequireSecretAsync(server);
        await system.WaitForMessageAsync("so SIGHUP cannot re-read it; let group nogroup read it");

        await server.SignalAsync("HUP");

        await system.WaitForMessageAsync("clients.conf: cannot be read: permission denied");
        await _client.RequireSecretAsync(server);
    }

    /// <summary>A machine where neither our package nor Debian's has made a user.</summary>
    private static async Task<PrivateSystem> WithNobodyAsync()
    {
        var system = new PrivateSystem();
        await system.SetAccountsAsync([Nobody], [NoGroup]);
        return system;
    }

    private TestServer CreateServer(
        PrivateSystem system, int owner = 65534, bool isConfidential = false, params IEnumerable<string> wrapper)
    {
        var server = new TestServer("--foreground")
        {
            Wrapper = [.. system.Wrapper, .. wrapper],
            Owner = owner,
            HasConfidentialConfiguration = isConfidential,
        };
        server.AddClient(_client.StanzaWith("checker = true"));
        return server;
    }
}
