using System.Globalization;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>
/// A server in a root directory of its own, which has programs, libraries, four devices and two users, and neither D-Bus nor Avahi nor syslog.
/// </summary>
internal sealed class BareRoot : IAsyncDisposable
{
    /// <summary>Where the server has its socket, as in <c>plugins.yaml</c>'s default.</summary>
    public const string Socket = "/run/mandos/web.sock";

    // Within the server's mount namespace: the root, the directories that it shares with the machine, and what is to run.
    private const string SetUp = """
        cd "$1" && shift
        for place in /bin /sbin /lib /lib64 /usr "$1" "$2"; do
            if [ -L "$place" ]; then cp -P "$place" ".$place"
            elif [ -d "$place" ]; then mkdir -p ".$place" && mount --rbind "$place" ".$place"
            fi
        done
        shift 2
        mkdir -p dev etc proc run/mandos tmp
        chmod 1777 tmp
        for device in null zero random urandom; do : > dev/$device; mount --bind /dev/$device dev/$device; done
        mount -t proc proc proc
        printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' > etc/passwd
        printf 'root:x:0:\nnogroup:x:65534:\n' > etc/group
        chown 65534:65534 run/mandos
        exec chroot . "$@"
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-root-");

    private BareRoot()
    {
        _directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        List<string> wrapper = [];
        Server = new TestServer("--debug") { Wrapper = wrapper };
        wrapper.AddRange(
        [
            "unshare", "--mount", "sh", "-ec", SetUp, "sh", _directory.FullName, Path.GetDirectoryName(Repository.Server)!,
            Path.GetDirectoryName(Server.ConfigDirectory)!,
        ]);
    }

    public TestServer Server { get; }

    public static async Task<BareRoot> StartAsync(params IEnumerable<string> stanzas)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making mount namespaces needs root");
        var root = new BareRoot();
        try
        {
            root.Server.AddClient(string.Join('\n', stanzas));
            await File.WriteAllTextAsync(
                Path.Combine(root.Server.ConfigDirectory, "plugins.yaml"), $"plugins:\n  WebControl:\n    settings:\n      socket: {Socket}\n",
                TestContext.Current.CancellationToken);
            await root.Server.StartAsync();
            await root.Server.Log.WaitForAsync("INFO", $"WebControl: At socket {Socket}");
            return root;
        }
        catch
        {
            await root.DisposeAsync();
            throw;
        }
    }

    /// <summary>The arguments with which nsenter(1) runs a program in the root directory.</summary>
    public IEnumerable<string> EnterWith(string program)
        => ["--target", Server.ProcessId.ToString(CultureInfo.InvariantCulture), "--mount", "--root", "--wd=/", program];

    /// <summary>Gives it the bus for a system bus.</summary>
    public Task ShareAsync(DBusDaemon bus) => Command.RequireAsync(
        "nsenter", "--target", Server.ProcessId.ToString(CultureInfo.InvariantCulture), "--mount", "sh", "-ec",
        "mkdir -p \"$2\"; : > \"$2/system_bus_socket\"; mount --bind \"$1\" \"$2/system_bus_socket\"", "sh",
        bus.Address.Split('=', ',')[1], Path.Combine(_directory.FullName, "run", "dbus"));

    /// <summary>Runs a program in the root directory.</summary>
    public Task<CommandResult> RunAsync(string program, params IEnumerable<string> arguments)
    {
        var start = Command.Describe("nsenter", [.. EnterWith(program), .. arguments]);
        start.Environment.Remove("LD_LIBRARY_PATH");
        start.Environment.Remove("DBUS_SYSTEM_BUS_ADDRESS");
        return Command.RunAsync(start, "");
    }

    /// <summary>Runs a program in the root directory that must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public async Task<string> RequireAsync(string program, params IEnumerable<string> arguments)
    {
        CommandResult result = await RunAsync(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} failed ({result.ExitCode}): {result.Errors}");
        return result.Output;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
