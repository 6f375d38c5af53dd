using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A /run, /dev and /etc/passwd that only the server sees, so that tests neither touch nor need those of the machine.</summary>
internal sealed class PrivateSystem : IAsyncDisposable
{
    // Within the server's mount namespace. The devices are the machine's own; the log is whatever was put into the folder.
    private const string SetUp = """
        cd "$1" && shift
        mount --bind run /run
        for device in null zero full random urandom tty; do : > dev/$device; mount --bind /dev/$device dev/$device; done
        mount --rbind dev /dev
        [ ! -e passwd ] || mount --bind passwd /etc/passwd
        [ ! -e group ] || mount --bind group /etc/group
        exec "$@"
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-system-");
    private readonly Lock _lock = new();
    private readonly List<string> _messages = [];
    private readonly Socket _syslog = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    /// <summary>Reads what syslog gets, as the kernel keeps some ten messages only (net.unix.max_dgram_qlen).</summary>
    private readonly ITimer _reader;
    private bool _isDisposed;

    /// <param name="hasSyslog">Whether there is a syslog daemon.</param>
    public PrivateSystem(bool hasSyslog = true)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making mount namespaces needs root");
        _directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(RunDirectory);
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "dev"));
        if (hasSyslog)
        {
            var path = Path.Combine(_directory.FullName, "dev", "log");
            _syslog.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        }

        var pause = TimeSpan.FromMilliseconds(20);
        _reader = TimeProvider.System.CreateTimer(_ => _ = Messages, null, pause, pause);
    }

    /// <summary>What stands for /run.</summary>
    public string RunDirectory => Path.Combine(_directory.FullName, "run");

    public string PidFile => Path.Combine(RunDirectory, "mandos.pid");

    /// <summary>The daemon's process ID according to its file.</summary>
    public int DaemonId => int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);

    /// <summary>What a server has to be started with.</summary>
    public IReadOnlyList<string> Wrapper => ["unshare", "--mount", "sh", "-ec", SetUp, "sh", _directory.FullName];

    /// <summary>All that syslog has got so far.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_lock)
            {
                var buffer = new byte[10_000];
                while (!_isDisposed && _syslog.IsBound && _syslog.Available > 0)
                {
                    _messages.Add(Encoding.UTF8.GetString(buffer, 0, _syslog.Receive(buffer)));
                }

                return [.. _messages];
            }
        }
    }

    /// <summary>Has the machine's users and groups replaced by these.</summary>
    /// <param name="users">Lines of passwd(5).</param>
    /// <param name="groups">Lines of group(5).</param>
    public async Task SetAccountsAsync(IEnumerable<string> users, IEnumerable<string> groups)
    {
        await File.WriteAllLinesAsync(Path.Combine(_directory.FullName, "passwd"), ["root:x:0:0:root:/root:/bin/sh", .. users]);
        await File.WriteAllLinesAsync(Path.Combine(_directory.FullName, "group"), ["root:x:0:", .. groups]);
    }

    /// <summary>Waits for a message to syslog.</summary>
    /// <param name="text">Part of it.</param>
    public async Task<string> WaitForMessageAsync(string text)
    {
        await Patience.UntilAsync($"syslog gets “{text}”, not only:\n{string.Join('\n', Messages)}",
            () => Messages.Any(message => message.Contains(text, StringComparison.Ordinal)));
        return Messages.First(message => message.Contains(text, StringComparison.Ordinal));
    }

    /// <summary>Ends the daemon in the ordinary way.</summary>
    public async Task StopDaemonAsync()
    {
        var id = DaemonId;
        await Command.RequireAsync("/bin/sh", "-c", $"kill -TERM {id}");
        await Patience.UntilAsync("the daemon ends", () => !ProcessFacts.Exists(id));
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(PidFile) && int.TryParse(
            await File.ReadAllTextAsync(PidFile, CancellationToken.None), CultureInfo.InvariantCulture, out var id)
            && ProcessFacts.Exists(id))
        {
            await Command.RunAsync("/bin/sh", "-c", $"kill -KILL {id}");
        }

        foreach (var message in Messages)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(message);
        }

        await _reader.DisposeAsync();
        lock (_lock)
        {
            _isDisposed = true;
            _syslog.Dispose();
        }

        _directory.Delete(recursive: true);
    }
}
