using System.Diagnostics;
using System.Security;
using Xunit;

namespace Mandos.TestKit.Daemons;

/// <summary>
/// A D-Bus of the test's own, which stands for the system bus: a real dbus-daemon, or a dbus-broker.
/// <c>await using var bus = await DBusDaemon.StartAsync();</c> is all that most tests need.
/// </summary>
/// <param name="rules">Policies, and whatever else belongs in the configuration.</param>
public sealed class DBusDaemon(string rules = DBusDaemon.OpenRules) : IAsyncDisposable
{
    /// <summary>Everybody may do everything.</summary>
    public const string OpenRules = """
        <policy context="default">
          <allow user="*"/>
          <allow own="*"/>
          <allow send_destination="*" eavesdrop="true"/>
          <allow receive_sender="*" eavesdrop="true"/>
        </policy>
        """;

    /// <summary>The rules of the system bus: everybody may connect, nobody may own a name or call a service.</summary>
    public const string SystemRules = """
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
          <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
          <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
          <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
          <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"
                send_member="UpdateActivationEnvironment"/>
        </policy>
        <policy user="root">
          <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
        </policy>
        """;

    /// <summary>Messages as large as on the system bus, and as many calls at once as on a session bus.</summary>
    public const string UsualLimits = """
        <limit name="max_message_size">33554432</limit>
        <limit name="max_replies_per_connection">50000</limit>
        """;

    /// <summary>A peer may send any message that the specification allows; the system bus allows 32 MiB.</summary>
    private const string LargeMessages = """
        <limit name="max_message_size">134217728</limit>
        <limit name="max_incoming_bytes">134217728</limit>
        <limit name="max_outgoing_bytes">134217728</limit>
        """;

    /// <summary>dbus-broker lets all connections of one user keep 64 times as much in it.</summary>
    private const string BrokerLimits = """
        <limit name="max_message_size">134217728</limit>
        <limit name="max_incoming_bytes">262144</limit>
        <limit name="max_outgoing_bytes">262144</limit>
        """;

    private readonly TemporaryDirectory _directory = new();
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    /// <summary>Its address, the same however often it is started.</summary>
    public string Address => $"unix:path={Socket}";

    /// <summary>The path of its socket.</summary>
    public string Socket => _directory.PathOf("socket");

    /// <summary>A command that runs the daemon, such as one that puts it into other namespaces.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Whether it is a dbus-broker. Root alone can run that.</summary>
    private bool IsBroker { get; init; }

    private string Configuration => _directory.PathOf("bus.conf");

    private IEnumerable<string> Program => IsBroker
        ? ["unshare", "--mount", "/usr/bin/python3", Path.Combine(Repository.Root, "tests/Mandos.TestKit/Daemons/dbus-broker.py"),
            Path.Combine(Repository.Peers, "usr/bin"), Socket, Configuration]
        : ["dbus-daemon", $"--config-file={Configuration}", "--nofork", "--nopidfile", "--nosyslog", "--print-address"];

    /// <summary>Starts one on which everybody may do everything, and send large messages.</summary>
    public static Task<DBusDaemon> StartAsync() => StartAsync(OpenRules + LargeMessages);

    /// <summary>Starts one.</summary>
    /// <param name="rules">Policies, and whatever else belongs in the configuration.</param>
    public static Task<DBusDaemon> StartAsync(string rules) => StartAsync(new DBusDaemon(rules));

    /// <summary>Starts one on which everybody may do everything, as a dbus-broker; the test is skipped without root.</summary>
    public static Task<DBusDaemon> StartBrokerAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making mount namespaces needs root");
        return StartAsync(new DBusDaemon(OpenRules + BrokerLimits) { IsBroker = true });
    }

    /// <summary>Starts one with the system bus's rules.</summary>
    /// <param name="policies">Policy files that it includes.</param>
    /// <param name="wrapper">A command that runs the daemon.</param>
    public static Task<DBusDaemon> StartWithPolicyAsync(IEnumerable<string> policies, params IReadOnlyList<string> wrapper)
    {
        var includes = policies.Select(policy => $"<include>{SecurityElement.Escape(policy)}</include>");
        return StartAsync(new DBusDaemon(string.Concat([SystemRules, LargeMessages, .. includes])) { Wrapper = wrapper });
    }

    /// <summary>Starts it, also again after <see cref="KillAsync"/>. It listens when this is done.</summary>
    public async Task RestartAsync()
    {
        WriteConfiguration();
        string[] command = [.. Wrapper, .. Program];
        var process = Process.Start(Command.Describe(command[0], command.Skip(1)))!;
        _process = process;
        process.StandardInput.Close();
        // It complains where it cannot raise its limits.
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var listens = process.StandardOutput.ReadLineAsync(CancellationToken.None).AsTask();
        _reading = errors;
        if (await listens.WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken) is null)
        {
            Assert.Fail($"the bus ended instead of listening: {await errors}");
        }
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            await _reading;
            process.Dispose();
            File.Delete(Socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _directory.Dispose();
    }

    private static async Task<DBusDaemon> StartAsync(DBusDaemon bus)
    {
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

    private void WriteConfiguration()
    {
        // Servers of other users have to reach it.
        File.SetUnixFileMode(
            _directory.FullName,
            File.GetUnixFileMode(_directory.FullName) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        _directory.Write("bus.conf", $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
            <listen>{Address}</listen>
            <auth>EXTERNAL</auth>
            {rules}
            </busconfig>
            """);
    }
}
