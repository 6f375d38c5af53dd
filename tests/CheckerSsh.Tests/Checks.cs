using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerSsh;
using Mandos.TestKit;

namespace CheckerSsh.Tests;

/// <summary>Makes and runs checks with the real clock.</summary>
internal static class Checks
{
    /// <summary>
    /// Time limit of checks that have to end earlier by themselves, so that a slow machine makes no difference.
    /// </summary>
    public const string Long = "PT2M";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    public static CancellationToken TestEnds => TestContext.Current.CancellationToken;

    public static ClientSettings Settings(
        string? keys, int? port = null, string host = "127.0.0.1", string? timeout = Long)
    {
        Dictionary<string, string> options = [];
        Set("ssh_host_key", keys);
        Set("ssh_port", port?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Set("ssh_timeout", timeout);
        return new() { Host = host, CheckerPlugin = "ssh", Options = options };

        void Set(string name, string? value)
        {
            if (value != null)
            {
                options[name] = value;
            }
        }
    }

    public static ClientSnapshot Client(ClientSettings settings)
        => new() { Name = "client", Settings = settings, Created = DateTimeOffset.UnixEpoch };

    public static ICheck Prepare(ClientSettings settings) => new SshChecker(new TestPluginContext()).Prepare(Client(settings));

    /// <summary>Runs a check; one that hangs fails the test.</summary>
    public static Task<CheckResult> RunAsync(string keys, int port, string timeout = Long, string host = "127.0.0.1")
        => RunAsync(Settings(keys, port, host, timeout), TestEnds);

    /// <inheritdoc cref="RunAsync(string, int, string, string)"/>
    public static Task<CheckResult> RunAsync(ClientSettings settings, CancellationToken cancellationToken)
        => Prepare(settings).RunAsync(cancellationToken).WaitAsync(_patience, TimeProvider.System, CancellationToken.None);

    /// <summary>Requires that a host is not up, for one reason.</summary>
    public static void Down(CheckResult result, string reason)
    {
        Assert.Equal(CheckOutcome.Failed, result.Outcome);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', result.Error!);
    }
}
