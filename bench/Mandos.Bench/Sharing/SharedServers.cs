using System.Diagnostics;
using Mandos.Bench.Load;
using Mandos.TestKit;
using Mandos.TestKit.Control;
using Mandos.TestKit.Daemons;

namespace Mandos.Bench.Sharing;

/// <summary>A PostgreSQL as a site has it, and servers on it, each with a host name of its own.</summary>
internal sealed class SharedServers : IAsyncDisposable
{
    private static readonly string[] _ownPlugins = ["Mandos.TestPlugins", "Mandos.BenchPlugins"];

    private SharedServers(PostgresServer database) => Database = database;

    public PostgresServer Database { get; }

    /// <summary>User and system time of all processes of the database.</summary>
    public TimeSpan DatabaseCpu => ProcessUse.FamilyCpu(Database.ProcessId!.Value);

    public long DatabaseBytes => ProcessUse.FamilyBytes(Database.ProcessId!.Value);

    /// <summary>Starts the database with its usual settings, so that a commit is on disk, and makes the tables.</summary>
    public static async Task<SharedServers> PrepareAsync()
    {
        var servers = new SharedServers(await PostgresServer.StartAsync("fsync=on", "shared_buffers=128MB"));
        await MandosDatabase.PrepareAsync(servers.Database);
        return servers;
    }

    /// <summary>Starts a server.</summary>
    /// <param name="name">Its host name.</param>
    /// <param name="clientsConf">Text of clients.conf.</param>
    public Task<ServerUnderTest> StartAsync(string name, string clientsConf) => ServerUnderTest.StartAsync(
        Repository.Root, clientsConf, isServed: false, prepare: (start, directory) => Share(start, directory, name), log: Console.Error);

    /// <summary>Starts a server that can be steered, and has the checker that finds everyone alive.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public async Task<(ServerUnderTest Server, TestControlClient Control)> StartSteeredAsync(string name, string clientsConf)
    {
        string socket = "";
        ServerUnderTest server = await ServerUnderTest.StartAsync(
            Repository.Root, clientsConf, isServed: false, prepare: (start, directory) =>
            {
                AddPlugins(start, directory);
                string control = Directory.CreateDirectory(Path.Join(directory, "control")).FullName;
                File.SetUnixFileMode(control, (UnixFileMode)0x1FF); // the server becomes another user
                start.Environment["MANDOS_TEST_CONTROL"] = socket = Path.Join(control, "socket");
                Share(start, directory, name);
            }, log: Console.Error);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        return (server, await TestControlClient.ConnectAsync(socket, limit.Token));
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private void Share(ProcessStartInfo start, string directory, string name)
    {
        File.WriteAllText(
            Path.Join(directory, "plugins.yaml"),
            $"""
            store: postgres
            plugins:
              StatePostgres:
                settings:
                  hosts: {Database.SocketDirectory}
            """);
        string[] wrapper = ["unshare", "--uts", "sh", "-ec", "hostname \"$0\"; exec \"$@\"", name, start.FileName];
        start.FileName = wrapper[0];
        for (int i = 1; i < wrapper.Length; i++)
        {
            start.ArgumentList.Insert(i - 1, wrapper[i]);
        }
    }

    private static void AddPlugins(ProcessStartInfo start, string directory)
    {
        string plugins = Path.Join(directory, "plugins");
        Copy(Repository.Plugins, plugins);
        foreach (string own in _ownPlugins)
        {
            // Built with this program, in the same configuration.
            string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            Copy(Path.Join(Repository.Root, "artifacts/bin", own, configuration), Path.Join(plugins, own));
        }

        start.ArgumentList.Add("--plugindir");
        start.ArgumentList.Add(plugins);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Join(to, Path.GetFileName(file)));
        }

        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, Path.Join(to, Path.GetFileName(folder)));
        }
    }
}
