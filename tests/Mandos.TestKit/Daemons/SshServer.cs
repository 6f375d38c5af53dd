using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Mandos.TestKit.Daemons;

/// <summary>OpenSSH's sshd on the loopback address, with host keys of its own.</summary>
/// <remarks>
/// Not as root, if the tests run as root: then it needs none of the directories and users that its package would make.
/// </remarks>
public sealed class SshServer : IAsyncDisposable
{
    private const string Account = "nobody";

    private static readonly string _helpers = Path.Combine(Repository.Peers, "usr/lib/openssh");

    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    private SshServer(int port) => Port = port;

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>How many connections that have not logged in it takes at once, from its next start on.</summary>
    public int MaxStartups { get; set; } = 10_000;

    /// <summary>What it wrote since it was started last, with all that happens on a connection.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>The lines of its settings that name the programs of which sshd consists since 9.8.</summary>
    public static IEnumerable<string> Programs
        => new[] { ("sshd-session", "SshdSessionPath"), ("sshd-auth", "SshdAuthPath") }
            .Where(static program => File.Exists(Path.Combine(_helpers, program.Item1)))
            .Select(static program => $"{program.Item2} {_helpers}/{program.Item1}");

    /// <summary>Starts it, and waits until it listens.</summary>
    /// <param name="keys">Types and sizes of its keys, such as ed25519, ecdsa-256 or rsa-3072.</param>
    public static async Task<SshServer> StartAsync(params IReadOnlyList<string> keys)
    {
        SshServer server = new(FreePort.Find());
        try
        {
            await server.RestartAsync(keys);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again on the same port, with new keys.</summary>
    /// <param name="keys">As for <see cref="StartAsync"/>.</param>
    public async Task RestartAsync(params IReadOnlyList<string> keys)
    {
        await StopAsync();
        List<string> configuration =
        [
            $"Port {Port.ToString(CultureInfo.InvariantCulture)}", "ListenAddress 127.0.0.1", "PidFile none", "UsePAM no",
            "StrictModes no", $"MaxStartups {MaxStartups.ToString(CultureInfo.InvariantCulture)}", "LogLevel DEBUG1",
        ];
        if (Programs.Any())
        {
            configuration.AddRange([.. Programs, "PerSourcePenalties no"]); // it shuts out who connects often without logging in
        }

        foreach (string key in keys)
        {
            string file = _directory.PathOf(key);
            File.Delete(file);
            string[] words = key.Split('-');
            await Command.RequireAsync("ssh-keygen", ["-q", "-t", words[0], .. words.Skip(1).SelectMany(bits => new[] { "-b", bits }),
                "-N", "", "-C", $"{key} key", "-f", file]);
            configuration.Add($"HostKey {file}");
        }

        string configurationFile = _directory.Write("sshd_config", string.Join('\n', configuration) + "\n");
        List<string> command = [Path.Combine(Repository.Peers, "usr/sbin/sshd"), "-D", "-e", "-f", configurationFile];
        if (Environment.IsPrivilegedProcess)
        {
            await Command.RequireAsync("chown", ["-R", Account, _directory.FullName]);
            command.InsertRange(0, ["setpriv", $"--reuid={Account}", "--regid=nogroup", "--clear-groups"]);
        }

        _log.Clear();
        _process = Process.Start(Command.Describe(command[0], command.Skip(1)))!;
        _process.StandardInput.Close();
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        await ListensAsync();
    }

    /// <summary>The public key as in ssh_host_*_key.pub: type, base64 and comment.</summary>
    public string PublicKey(string key) => File.ReadAllText(_directory.PathOf(key + ".pub")).Trim();

    /// <summary>The fingerprint as <c>ssh-keygen -l</c> prints it.</summary>
    public async Task<string> FingerprintAsync(string key)
        => (await Command.RequireAsync("ssh-keygen", ["-l", "-f", _directory.PathOf(key + ".pub")])).Split(' ')[1];

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
    }

    /// <summary>Stops it.</summary>
    public async Task StopAsync()
    {
        if (_process != null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
            _process = null;
        }
    }

    /// <summary>Waits until it says so. A connection for trial would be in its log, and could reach another.</summary>
    private async Task ListensAsync()
    {
        string sign = $"Server listening on 127.0.0.1 port {Port.ToString(CultureInfo.InvariantCulture)}.";
        await Patience.UntilAsync("sshd listens", () =>
        {
            Assert.False(_process!.HasExited, "sshd does not listen: " + string.Join('\n', _log));
            return _log.Any(line => line.Contains(sign, StringComparison.Ordinal));
        });
    }
}
