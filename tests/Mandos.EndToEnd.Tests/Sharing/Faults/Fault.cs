using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>Something that goes wrong with a server, or with the database, and is mended a while later.</summary>
/// <param name="Name">What it is.</param>
/// <param name="IsOfDatabase">Whether the database has it, and not a server.</param>
/// <param name="Seconds">How long it lasts: at least, and at most.</param>
/// <param name="BreakAsync">Breaks it, at a site and there at a server, and gives what mends it.</param>
internal sealed record Fault(string Name, bool IsOfDatabase, (double Least, double Most) Seconds, Func<FaultSite, int, Task<Func<Task>>> BreakAsync)
{
    /// <summary>Whether it may last until a person is told that a client is forbidden: this server knows nothing of it then.</summary>
    public bool MayOutlast { get; private init; }

    private static readonly TimeSpan _burst = TimeSpan.FromMilliseconds(150);

    /// <summary>All there are. M, the longest stall between the last look at the permission and the write, is 2 s.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        OfServer("killed and started again", 0.2, 6, async (site, server) =>
        {
            await site.Servers[server].Server.KillAsync();
            return site.Servers[server].StartAsync;
        }),
        OfServer("stands still for less than M", 0.2, 1.8, StopAsync),
        OfServer("stands still for more than M", 2.2, 13, StopAsync),
        OfServer("cut off from the database", 2, 13, static (site, server) => CutAsync(site, server, there: true, back: true)) with { MayOutlast = true },
        OfServer("cut off from the database, its packets arrive", 2, 13, static (site, server) => CutAsync(site, server, there: false, back: true)) with { MayOutlast = true },
        OfServer("cut off from the database, answers arrive", 2, 13, static (site, server) => CutAsync(site, server, there: true, back: false)) with { MayOutlast = true },
        OfServer("cut off from the primary alone", 2, 13, static async (site, server) =>
        {
            await site.Network.CutAsync(server, site.Databases.PrimaryHost, there: true, back: true);
            return () => site.Network.MendAsync(server);
        }),
        OfServer("its clock is an hour ahead", 0, 0, static (site, server) => SetClockAsync(site, server, 3600)),
        OfServer("its clock is an hour behind", 0, 0, static (site, server) => SetClockAsync(site, server, -3600)),
        OfDatabase("primary killed, standby promoted", 0, 0, static async site =>
        {
            await site.Databases.Primary.KillAsync();
            await site.Databases.PromoteAsync();
            return site.Databases.DropOldAsync;
        }),
        OfDatabase("primary stands still, standby promoted, old primary goes on", 0, 3, static site => ReplaceAsync(site, isReceived: false)),
        OfDatabase("the same, and somebody receives the log of the old primary", 0, 3, static site => ReplaceAsync(site, isReceived: true)),
        OfDatabase("primary stands still", 0.5, 9, static async site =>
        {
            await site.Databases.Primary.FreezeAsync();
            return site.Databases.Primary.ThawAsync;
        }),
        OfDatabase("primary killed and started again", 0.2, 4, static async site =>
        {
            await site.Databases.Primary.KillAsync();
            return site.Databases.Primary.RestartAsync;
        }),
        OfDatabase("standby stands still: none is left", 2, 13, static async site =>
        {
            await site.Databases.Standby.FreezeAsync();
            return site.Databases.Standby.ThawAsync;
        }),
        OfDatabase("standby killed and started again: none is left", 0.2, 8, static async site =>
        {
            await site.Databases.Standby.KillAsync();
            return site.Databases.Standby.RestartAsync;
        }),
        OfDatabase("slow disk: primary and standby stand still half of the time", 3, 8, static site =>
        {
            var mended = new TaskCompletionSource();
            Task slow = SlowAsync(site, mended.Task);
            return Task.FromResult(() =>
            {
                mended.SetResult();
                return slow;
            });
        }),
    ];

    private static Fault OfServer(string name, double least, double most, Func<FaultSite, int, Task<Func<Task>>> breakAsync)
        => new("server " + name, false, (least, most), breakAsync);

    private static Fault OfDatabase(string name, double least, double most, Func<FaultSite, Task<Func<Task>>> breakAsync)
        => new(name, true, (least, most), (site, _) => breakAsync(site));

    private static async Task<Func<Task>> StopAsync(FaultSite site, int server)
    {
        await site.Servers[server].Server.SignalAsync("STOP");
        return () => site.Servers[server].Server.SignalAsync("CONT");
    }

    private static async Task<Func<Task>> CutAsync(FaultSite site, int server, bool there, bool back)
    {
        for (int host = 0; host < FaultDatabases.Hosts; host++)
        {
            await site.Network.CutAsync(server, host, there, back);
        }

        return () => site.Network.MendAsync(server);
    }

    private static async Task<Func<Task>> SetClockAsync(FaultSite site, int server, int seconds)
    {
        await site.Servers[server].Server.KillAsync();
        site.Servers[server].ClockAhead = seconds;
        await site.Servers[server].StartAsync();
        return static () => Task.CompletedTask; // until another fault of this kind
    }

    /// <summary>The old primary is fenced as it has lost its only standby: who receives its log under another name is none that it waits for.</summary>
    private static async Task<Func<Task>> ReplaceAsync(FaultSite site, bool isReceived)
    {
        using System.Diagnostics.Process? receiver = isReceived ? site.Databases.Primary.Receive("stranger") : null;
        await site.Databases.Primary.FreezeAsync();
        await site.Databases.PromoteAsync();
        await site.Databases.ThawOldAsync();
        return site.Databases.DropOldAsync; // which ends the receiver too
    }

    private static async Task SlowAsync(FaultSite site, Task mended)
    {
        while (!mended.IsCompleted)
        {
            foreach (PostgresServer node in new[] { site.Databases.Primary, site.Databases.Standby })
            {
                await node.FreezeAsync();
                await Task.Delay(_burst, TimeProvider.System);
                await node.ThawAsync();
            }
        }
    }
}
