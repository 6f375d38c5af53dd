using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>By the policy file that we ship, only root and the server's own group may call the server, and hear it.</summary>
public sealed class PolicyTests
{
    private const int Nobody = 65534;

    // The user and group _mandos, as an installation makes them.
    private const int Mandos = 64_002;

    private const string AccessDenied = "org.freedesktop.DBus.Error.AccessDenied";

    private static readonly string _shipped = Path.Combine(Repository.Root, "packaging/dbus-1/system.d/se.recompile.Mandos.conf");

    [Fact]
    public async Task Nobody_OnBusWithOurPolicy_NeitherCallsNorHears()
    {
        await using var site = await Site.StartAsync(_shipped);
        await using var nobody = await BusPeer.ConnectAsync(site.Bus, Nobody);
        await using var group = await BusPeer.ConnectAsync(site.Bus, Mandos);
        await BusCallAsync(nobody, "AddMatch", "(\"type='signal',eavesdrop='true'\",)", allowed: null);
        await BusCallAsync(nobody, "AddMatch", $"(\"sender='{BusPeer.Server}'\",)", allowed: true);
        await BusCallAsync(nobody, "RequestName", $"('{BusPeer.Server}', uint32 0)", allowed: false);
        await BusCallAsync(nobody, "RequestName", $"('{BusPeer.OldServer}', uint32 0)", allowed: false);

        var owner = await BusCallAsync(site.Root, "GetNameOwner", $"('{BusPeer.Server}',)", allowed: true);
        foreach (var name in new[] { BusPeer.Server, BusPeer.OldServer, owner.Body[2..^2] })
        {
            var call = await nobody.CallAsync("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", destination: name);
            Assert.Equal(AccessDenied, call.Error);
            var change = await nobody.CallAsync("/clients/foo", null, "Approve", "(true,)", destination: name);
            Assert.Equal(AccessDenied, change.Error);
        }

        await site.MakeSignalsAsync(group);
        await site.Server.StopAsync();
        foreach (var allowed in new[] { site.Root, group })
        {
            await allowed.WaitForAsync($"{BusPeer.OldServerInterface}.ClientNotFound");
            await allowed.WaitForAsync($"{BusPeer.OldServerInterface}.ClientRemoved");
            Assert.Contains(allowed.Signals, signal => signal.Member == "PropertyChanged");
        }

        // The answer comes after all that the bus had for it before.
        await BusCallAsync(nobody, "GetId", "()", allowed: true);
        Assert.Empty(nobody.Signals);
    }

    // Shows that the test above would notice.
    [Fact]
    public async Task Nobody_OnBusWithDebiansPolicy_HearsEverything()
    {
        // Debian 12 has it in the first place, Debian 13 in the second.
        var policy = new[] { "etc", "usr/share" }.Select(folder => Path.Combine(Repository.Peers, folder, "dbus-1/system.d/mandos.conf"))
            .First(File.Exists);
        await using var site = await Site.StartAsync(policy);
        await using var nobody = await BusPeer.ConnectAsync(site.Bus, Nobody);

        await site.MakeSignalsAsync(site.Root);

        await nobody.WaitForAsync($"{BusPeer.OldServerInterface}.ClientNotFound");
        Assert.Contains(nobody.Signals, signal => signal.Member == "PropertyChanged");
    }

    private static async Task<BusReply> BusCallAsync(BusPeer peer, string method, string arguments, bool? allowed)
    {
        var reply = await peer.CallAsync("/org/freedesktop/DBus", BusPeer.Bus, method, arguments, BusPeer.Bus);
        Assert.True(allowed is null || reply.Error == (allowed.Value ? null : AccessDenied), $"{method}{arguments}: {reply}");
        return reply;
    }

    /// <summary>A server on a bus with the system bus's rules, on a machine with the user and group _mandos.</summary>
    private sealed class Site : IAsyncDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-accounts-");

        private Site()
        {
        }

        public DBusDaemon Bus { get; private set; } = null!;

        public TestServer Server { get; private set; } = null!;

        public BusPeer Root { get; private set; } = null!;

        public static async Task<Site> StartAsync(string policy)
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "acting as other users needs root");
            var site = new Site();
            try
            {
                await site.SetUpAsync(policy);
                return site;
            }
            catch
            {
                await site.DisposeAsync();
                throw;
            }
        }

        /// <summary>Has the server send signals of each kind.</summary>
        public async Task MakeSignalsAsync(BusPeer caller)
        {
            Assert.Null((await caller.SetAsync("/clients/foo", "Checker", "'a secret command'")).Error);
            Assert.Null((await caller.SetAsync("/clients/foo", "Secret", "b'new'")).Error);
            await caller.RequireAsync("/clients/foo", null, "CheckedOK");
            await new TestClient("stranger").RequireRefusalAsync(Server);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in new IAsyncDisposable?[] { Root, Server, Bus })
            {
                if (part is not null)
                {
                    await part.DisposeAsync();
                }
            }

            _directory.Delete(recursive: true);
        }

        private async Task SetUpAsync(string policy)
        {
            _directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            foreach (var table in new[] { "passwd", "group" })
            {
                var entry = table == "passwd" ? $"_mandos:x:{Mandos}:{Mandos}::/:/bin/false" : $"_mandos:x:{Mandos}:";
                var others = (await File.ReadAllLinesAsync($"/etc/{table}"))
                    .Where(line => !line.StartsWith("_mandos:", StringComparison.Ordinal));
                await File.WriteAllLinesAsync(Path.Combine(_directory.FullName, table), [.. others, entry]);
            }

            string[] machine =
            [
                "unshare", "--mount", "sh", "-euc",
                "mount --bind \"$0/passwd\" /etc/passwd; mount --bind \"$0/group\" /etc/group; exec \"$@\"", _directory.FullName,
            ];
            Bus = await DBusDaemon.StartWithPolicyAsync([policy], machine);
            Root = await BusPeer.ConnectAsync(Bus);
            Server = new TestServer("--debug") { Bus = Bus, Wrapper = machine, Owner = Mandos };
            Server.AddClient(new TestClient("foo").StanzaWith("interval = P10D"));
            await Server.StartAsync();
            await Root.WaitForServerAsync(Server);
        }
    }
}
