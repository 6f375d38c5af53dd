using System.Diagnostics;
using System.Security;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A D-Bus of the test's own: a real dbus-daemon or dbus-broker, which stands for the system bus.</summary>
internal sealed class PrivateBus : IAsyncDisposable
{
    // As a peer may send any message that the specification allows; the system bus allows 32 MiB.
    private const int LargestMessage = 128 << 20;

    // Of this dbus-broker makes what all connections of one user may keep in it, 64 times as much.
    private const int BrokerLimit = 256 << 10;

    // What the system bus allows: every user to connect, nobody to own a name or to call a service.
    private const string SystemRules = """
        <policy context="default">
          <allow user="*"/>
          <deny own="*"/>
          <deny send_type="method_call"/>
          <allow send_type="signal"/>
          <allow send_requested_reply="true" send_type="method_return"/>
          <allow send_requested_reply="true" send_type="error"/>
          <allow receive_type="method_call"/>
          <allow receive_type="method_return"/>
          <allow receive_type="error"/>
          <allow receive_type="signal"/>
          <allow send_destination="org.freedesktop.DBus"/>
        </policy>
        """;

    private const string OpenRules = """
        <policy context="default">
          <allow user="*"/>
          <allow own="*"/>
          <allow send_destination="*" eavesdrop="true"/>
          <allow receive_sender="*" eavesdrop="true"/>
        </policy>
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-bus-");
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    private PrivateBus()
    {
        // Servers of another user have to reach it.
        _directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    }

    /// <summary>Its address, the same however often it is started.</summary>
    public string Address => $"unix:path={Socket}";

    /// <summary>The path of its socket.</summary>
    public string Socket => Path.Combine(_directory.FullName, "socket");

    private string Configuration => Path.Combine(_directory.FullName, "bus.conf");

    /// <summary>Programs to be put before the daemon, in whose surroundings it is to run.</summary>
    private IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Whether it is a dbus-broker.</summary>
    private bool IsBroker { get; init; }

    private IEnumerable<string> Program => IsBroker
        ? ["unshare", "--mount", "/usr/bin/python3", Path.Combine(Repository.Root, "tests/Mandos.EndToEnd.Tests/Harness/dbus-broker.py"),
            Path.Combine(Repository.Peers, "usr/bin"), Socket, Configuration]
        : ["dbus-daemon", $"--config-file={Configuration}", "--nofork", "--nopidfile", "--nosyslog"];

    /// <summary>Starts a bus on which everybody may do everything.</summary>
    /// <param name="listen">Further addresses on which it listens.</param>
    public static Task<PrivateBus> StartAsync(params string[] listen) => StartAsync(new PrivateBus(), OpenRules, listen);

    /// <summary>Starts a dbus-broker on which everybody may do everything.</summary>
    public static Task<PrivateBus> StartBrokerAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making mount namespaces needs root");
        return StartAsync(new PrivateBus { IsBroker = true }, OpenRules, []);
    }

    /// <summary>Starts a bus with the system bus's rules.</summary>
    /// <param name="policies">Policy files that it includes.</param>
    /// <param name="wrapper">Programs to be put before the daemon, in whose surroundings it is to run.</param>
    public static Task<PrivateBus> StartWithPolicyAsync(IEnumerable<string> policies, params IReadOnlyList<string> wrapper)
    {
        var includes = policies.Select(policy => $"<include>{SecurityElement.Escape(policy)}</include>");
        return StartAsync(new PrivateBus { Wrapper = wrapper }, string.Join('\n', [SystemRules, .. includes]), []);
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        string[] command = [.. Wrapper, .. Program];
        _process?.Dispose();
        _process = Process.Start(Command.Describe(command[0], command.Skip(1)))!;
        _process.StandardInput.Close();
        _reading = Task.WhenAll(
            _process.StandardError.ReadToEndAsync(CancellationToken.None),
            _process.StandardOutput.ReadToEndAsync(CancellationToken.None));
        await Patience.UntilAsync("the bus listens", () =>
        {
            Assert.False(_process.HasExited, "the bus ended instead of listening");
            return File.Exists(Socket);
        });
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        File.Delete(Socket);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
            await _reading;
            _process.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    private static async Task<PrivateBus> StartAsync(PrivateBus bus, string rules, IEnumerable<string> listen)
    {
        var limit = bus.IsBroker ? BrokerLimit : LargestMessage;
        var addresses = string.Concat(listen.Prepend(bus.Address).Select(address => $"<listen>{address}</listen>\n"));
        await File.WriteAllTextAsync(bus.Configuration, $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
            {addresses}
            <auth>EXTERNAL</auth>
            <limit name="max_message_size">{LargestMessage}</limit>
            <limit name="max_incoming_bytes">{limit}</limit>
            <limit name="max_outgoing_bytes">{limit}</limit>
            {rules}
            </busconfig>
            """);
        try
        {
            await bus.RestartAsync();
            return bus;
        }
        catch
        {
            await bus.DisposeAsync();
            throw;
        }
    }
}
