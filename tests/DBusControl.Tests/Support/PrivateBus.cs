using System.Diagnostics;

namespace DBusControl.Tests.Support;

/// <summary>A dbus-daemon of the test's own.</summary>
internal sealed class PrivateBus : IAsyncDisposable
{
    /// <summary>Everything is allowed.</summary>
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

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-bus-");
    private Process? _process;

    /// <param name="rules">Policies, and whatever else belongs in the configuration.</param>
    public PrivateBus(string rules = OpenRules)
    {
        _directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute; // other users connect, too
        File.WriteAllText(Configuration, $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <listen>{Address}</listen>
              <auth>EXTERNAL</auth>
              {rules}
            </busconfig>
            """);
    }

    /// <summary>Its address, also while it does not run.</summary>
    public string Address => $"unix:path={_directory.FullName}/socket";

    private string Configuration => Path.Combine(_directory.FullName, "bus.conf");

    /// <summary>Starts it, and waits until it listens.</summary>
    public async Task StartAsync()
    {
        File.Delete(Path.Combine(_directory.FullName, "socket"));
        _process = Process.Start(new ProcessStartInfo(
            "dbus-daemon", [$"--config-file={Configuration}", "--nofork", "--nopidfile", "--nosyslog", "--print-address=1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.BeginErrorReadLine(); // it complains where it cannot raise its limits
        Assert.StartsWith("unix:", await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _directory.Delete(recursive: true);
    }
}
