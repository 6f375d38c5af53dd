using System.Diagnostics;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A real avahi-daemon on a bus of the test's own, which sees one end of a link and nothing else.</summary>
internal sealed class AvahiDaemon : IAsyncDisposable
{
    /// <summary>The policy by which the package lets avahi-daemon own its name, and all users call it.</summary>
    public static string Policy { get; } = Path.Combine(Repository.Peers, "usr/share/dbus-1/system.d/avahi-dbus.conf");

    // It wants a user and a directory in /run of its own. It gets them in its mount namespace, which ip makes for it.
    private const string Surroundings = """
        mount -t tmpfs tmpfs /run
        mount --bind "$0/passwd" /etc/passwd
        mount --bind "$0/group" /etc/group
        exec avahi-daemon --file="$0/avahi-daemon.conf" --no-drop-root --no-chroot --no-rlimits
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-avahi-");
    private readonly DBusDaemon _bus;
    private readonly string _namespace;
    private readonly ServerLog _log = new();
    private readonly List<(Process Process, Task Reading)> _publishers = [];
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    private AvahiDaemon(DBusDaemon bus, string networkNamespace) => (_bus, _namespace) = (bus, networkNamespace);

    /// <summary>Starts one at the server's end; it is not ready at once.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="link">The link.</param>
    /// <param name="options">Further options of its section “server”.</param>
    public static Task<AvahiDaemon> StartAsync(DBusDaemon bus, NetworkLink link, params string[] options)
        => StartAsync(bus, link.ServerNamespace, "server", options);

    /// <summary>Starts one; it is not ready at once.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="networkNamespace">Where.</param>
    /// <param name="host">The name that it gives to its machine.</param>
    /// <param name="options">Further options of its section “server”.</param>
    public static async Task<AvahiDaemon> StartAsync(DBusDaemon bus, string networkNamespace, string host, params string[] options)
    {
        var daemon = new AvahiDaemon(bus, networkNamespace);
        string file = daemon.PathOf("avahi-daemon.conf");
        await File.WriteAllLinesAsync(
            file, ["[server]", $"host-name={host}", .. options, "[wide-area]", "enable-wide-area=no", "[publish]", "publish-workstation=no"]);
        foreach (string table in new[] { "passwd", "group" })
        {
            string entry = table == "passwd" ? "avahi:x:64001:64001::/:/bin/false" : "avahi:x:64001:";
            await File.WriteAllLinesAsync(daemon.PathOf(table), [.. await File.ReadAllLinesAsync($"/etc/{table}"), entry]);
        }

        daemon.Restart();
        return daemon;
    }

    /// <summary>Starts it again after its end.</summary>
    public void Restart()
    {
        string[] arguments = ["netns", "exec", _namespace, "sh", "-euc", Surroundings, _directory.FullName];
        ProcessStartInfo start = Command.Describe("ip", arguments);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = _bus.Address;
        _process?.Dispose();
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _reading = Task.WhenAll(ReadAsync(_process.StandardError), ReadAsync(_process.StandardOutput));
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
    }

    /// <summary>Publishes a Mandos server, which need not exist, until the daemon is disposed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="port">Its port.</param>
    public void Publish(string name, int port)
    {
        ProcessStartInfo start = Command.Describe("ip", [
            "netns", "exec", _namespace, "avahi-publish", "--no-fail", "--service", name, "_mandos._tcp", $"{port}"]);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = _bus.Address;
        Process publisher = Process.Start(start)!;
        publisher.StandardInput.Close();
        _publishers.Add((publisher, Task.WhenAll(ReadAsync(publisher.StandardError), ReadAsync(publisher.StandardOutput))));
    }

    /// <summary>The Mandos servers that are announced, as avahi-browse finds them; none if the daemon does not answer.</summary>
    public async Task<IReadOnlyList<AnnouncedService>> BrowseAsync()
    {
        CommandResult result = await Command.RunAsync(
            "ip", "netns", "exec", _namespace, "env", $"DBUS_SYSTEM_BUS_ADDRESS={_bus.Address}",
            "avahi-browse", "--parsable", "--resolve", "--terminate", "_mandos._tcp");
        return [.. result.Output.Split('\n').Select(AnnouncedService.Parse).OfType<AnnouncedService>()];
    }

    /// <summary>Waits until on the link exactly these names are announced.</summary>
    public Task WaitForNamesAsync(params string[] names)
        => Patience.UntilAsync($"announced on the link are: {string.Join(", ", names)}", async () =>
        {
            IEnumerable<AnnouncedService> services = await BrowseAsync();
            return services.Where(service => service.Interface == NetworkLink.Interface).Select(service => service.Name)
                .Order(StringComparer.Ordinal).SequenceEqual(names);
        });

    public async ValueTask DisposeAsync()
    {
        foreach ((Process publisher, Task reading) in _publishers)
        {
            publisher.Kill(entireProcessTree: true);
            await publisher.WaitForExitAsync(CancellationToken.None);
            await reading;
            publisher.Dispose();
        }

        if (_process is not null)
        {
            await KillAsync();
            _process.Dispose();
        }

        foreach (string line in _log.Lines)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"avahi-daemon: {line}");
        }

        _directory.Delete(recursive: true);
    }

    private string PathOf(string file) => Path.Combine(_directory.FullName, file);

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            _log.Add(line);
        }
    }
}
