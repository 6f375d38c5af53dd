using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

public sealed partial class SignalOrderTests
{
    /// <summary>Either server, with a client for each test, so that no test sees another's signals.</summary>
    public sealed class Scenes : IAsyncLifetime
    {
        internal const string Fingerprint = "fingerprint = 7788998877889988778899887788998877889988";

        private const string Sleeping = "checker = sleep 1000";
        private const string Approval = "approval_delay = PT1H";

        private static readonly Dictionary<string, string[]> _options = new()
        {
            ["enabled"] = [],
            ["disabled"] = ["enabled = False"],
            ["checked"] = [Sleeping],
            ["expiring"] = [],
            ["timeout"] = [],
            ["disabled-timeout"] = ["enabled = False"],
            ["past"] = [],
            ["interval"] = [Sleeping],
            ["alive"] = [],
            ["stopped"] = [Sleeping],
            ["success"] = ["checker = true"],
            ["failure"] = ["checker = exit 7"],
            ["killed"] = ["checker = kill -9 $$"],
            ["removed"] = [],
            ["fetching"] = [],
            ["approved"] = [Approval, "approved_by_default = False"],
            ["denied"] = [Approval],
            ["unanswered"] = ["approval_delay = PT1S", "approved_by_default = False"],
            ["disabled-fetching"] = ["enabled = False"],
            ["disabled-waiting"] = [Approval],
            ["removed-waiting"] = [Approval],
        };

        private readonly Dictionary<string, TestClient> _clients =
            _options.Keys.ToDictionary(name => name, name => new TestClient(name));

        private ServerOnBus _ours = null!;
        private ServerOnBus _stock = null!;

        public async ValueTask InitializeAsync()
        {
            // No check starts by itself: the first one starts after a random part of the interval.
            var stanzas = _options.Select((client, i) => _clients[client.Key].StanzaWith(
                ["interval = P10D", "timeout = P10D", $"fingerprint = {i:D40}", .. client.Value])).ToList();
            var stock = ServerOnBus.StartAsync(stock: true, stanzas);
            _ours = await ServerOnBus.StartAsync(stanzas);
            _stock = await stock;
        }

        public async ValueTask DisposeAsync()
        {
            await _ours.DisposeAsync();
            await _stock.DisposeAsync();
        }

        internal Client Take(bool stock, string name) => new(stock ? _stock : _ours, _clients[name]);
    }

    /// <summary>A client on a server.</summary>
    internal sealed record Client(ServerOnBus Scene, TestClient Keys)
    {
        public string Path => $"/clients/{Keys.Name.Replace('-', '_')}";

        /// <summary>How many signals there have been.</summary>
        public int Count => Scene.Peer.Signals.Count;

        public async Task<IEnumerable<string>> CallAsync(string method, string arguments = "()")
            => Succeed(await Scene.Peer.CallAsync(Path, BusPeer.ClientInterface, method, arguments));

        /// <summary>Approves or denies, and waits for the end of the fetch.</summary>
        public async Task DecideAsync(bool approve, Task fetch)
        {
            await CallAsync("Approve", approve ? "(true,)" : "(false,)");
            await fetch;
        }

        public async Task<IEnumerable<string>> RemoveAsync()
            => Succeed(await Scene.Peer.CallAsync("/", BusPeer.ServerInterface, "RemoveClient", $"(objectpath '{Path}',)"));

        public async Task<IEnumerable<string>> SetAsync(string property, string value)
            => Succeed(await Scene.Peer.SetAsync(Path, property, value));

        /// <summary>Runs its checker to its end.</summary>
        public async Task<IEnumerable<string>> CheckAsync()
        {
            var before = Count;
            await CallAsync("StartChecker");
            await Patience.UntilAsync("the checker ends", () => Since(before)
                .Any(signal => signal.Contains($"{BusPeer.OldClientInterface}.CheckerCompleted", StringComparison.Ordinal)));
            return Since(before);
        }

        /// <summary>The client's signals after the first ones of all, by number.</summary>
        public IEnumerable<string> Since(int count)
            => Texts(Scene.Peer.Signals.Skip(count).Where(signal => signal.Path == Path));

        /// <summary>Waits for the last of the signals of a changed property.</summary>
        public Task WaitForChangeAsync(string property, string value) => WaitForAsync(Changed(property, value).Last());

        /// <summary>Waits for a signal, which may have come already.</summary>
        public Task WaitForAsync(string text) => Patience.UntilAsync($"{Path}: {text}",
            () => Since(0).Any(signal => signal.Contains(text, StringComparison.Ordinal)));

        /// <summary>The signals of a changed property.</summary>
        public IEnumerable<string> Changed(string property, string value) =>
        [
            .. OnBoth($"PropertyChanged('{property}', <{value}>)"),
            $"{Path} {BusPeer.Properties}.PropertiesChanged('{BusPeer.ClientInterface}', {{'{property}': <{value}>}}, [])",
        ];

        /// <summary>A signal on both of the client's interfaces.</summary>
        public IEnumerable<string> OnBoth(string signal)
            => [$"{Path} {BusPeer.ClientInterface}.{signal}", $"{Path} {BusPeer.OldClientInterface}.{signal}"];

        public IEnumerable<string> Disabled() => [.. Changed("Expires", "''"), .. Changed("Enabled", "false")];

        public IEnumerable<string> Waiting(bool approvedByDefault) =>
        [
            .. Changed("ApprovalPending", "true"), .. Changed("LastApprovalRequest", "TIME"),
            .. OnBoth($"NeedApproval(MILLISECONDS, {(approvedByDefault ? "true" : "false")})"),
        ];

        public IEnumerable<string> CheckerRan(string command) =>
        [
            .. Changed("CheckerRunning", "true"), .. OnBoth($"CheckerStarted('{command}')"),
            .. Changed("CheckerRunning", "false"),
        ];

        public IEnumerable<string> Removed() =>
        [
            $"/ org.freedesktop.DBus.ObjectManager.InterfacesRemoved(objectpath '{Path}', "
                + "['org.freedesktop.DBus.Introspectable', 'org.freedesktop.DBus.Properties', "
                + $"'{BusPeer.OldClientInterface}', '{BusPeer.ClientInterface}'])",
            $"/ {BusPeer.ServerInterface}.ClientRemoved(objectpath '{Path}', '{Keys.Name}')",
            $"/ {BusPeer.OldServerInterface}.ClientRemoved(objectpath '{Path}', '{Keys.Name}')",
        ];

        private static IEnumerable<string> Succeed(BusReply reply)
        {
            Assert.True(reply.Error is null, reply.ToString());
            return Texts(reply.Signals);
        }
    }
}
