using System.Diagnostics;

namespace ServerLoad;

/// <summary>A real dbus-daemon on which everybody may do everything, with the system bus's limits.</summary>
internal sealed class BenchBus : IAsyncDisposable
{
    private readonly Process _daemon;
    private readonly string _directory;

    private BenchBus(Process daemon, string directory) => (_daemon, _directory) = (daemon, directory);

    /// <summary>Its address.</summary>
    public string Address => $"unix:path={_directory}/socket";

    /// <summary>Starts one.</summary>
    public static async Task<BenchBus> StartAsync()
    {
        string directory = Directory.CreateTempSubdirectory("mandos-bench-bus-").FullName;
        // Started by root, the server becomes another user, who has to reach it.
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherExecute);
        string configuration = Path.Combine(directory, "bus.conf");
        File.WriteAllText(configuration, $"""
            <busconfig>
              <listen>unix:path={directory}/socket</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
              </policy>
              <limit name="max_message_size">33554432</limit>
            </busconfig>
            """);
        Process daemon = Process.Start(new ProcessStartInfo(
            "dbus-daemon", [$"--config-file={configuration}", "--nofork", "--nosyslog", "--print-address"])
        {
            RedirectStandardOutput = true,
        })!;
        await daemon.StandardOutput.ReadLineAsync(); // it listens now
        return new BenchBus(daemon, directory);
    }

    public async ValueTask DisposeAsync()
    {
        _daemon.Kill();
        await _daemon.WaitForExitAsync();
        _daemon.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
