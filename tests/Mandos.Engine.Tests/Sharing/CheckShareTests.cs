using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>Which of several servers checks a client.</summary>
public sealed class CheckShareTests : IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(1);
    private static readonly string[] _clients = [.. Enumerable.Range(0, 30).Select(static i => $"client{i}")];

    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Check_ServersAlive_OneOfThemDoesIt()
    {
        Start(TimeSpan.FromHours(1));

        int[][] checks = ChecksInOneInterval();

        Assert.All(_clients.Index(), client => Assert.Single(checks, server => server[client.Index] > 0));
        Assert.All(checks, static server => Assert.Contains(server, static count => count > 0));
        Assert.Equal(_clients.Length, checks.Sum(static server => server.Sum()));
    }

    [Fact]
    public void Check_ServerCutOff_OthersTakeItsShareAndItChecksAll()
    {
        Start(TimeSpan.FromHours(1));
        _rig.Stores[2].IsCutOff = true;
        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(2));

        int[][] checks = ChecksInOneInterval();

        Assert.All(_clients.Index(), client => Assert.Single(checks[..2], server => server[client.Index] > 0));
        Assert.All(checks[2], static count => Assert.Equal(1, count));
    }

    [Fact]
    public void Check_LessThanAnIntervalLeft_EveryServerDoesIt()
    {
        Start(_interval / 2);
        foreach (EngineRig server in _rig.Servers)
        {
            foreach (string client in _clients)
            {
                server.Checker.Plan(client, Abstractions.Checking.CheckResult.Exited(1));
            }
        }

        PassAnInterval(); // the first check of all has failed
        int[][] checks = ChecksInOneInterval();

        Assert.All(checks, static server => Assert.All(server, static count => Assert.InRange(count, 1, 2)));
    }

    private void Start(TimeSpan timeout)
        => _rig.StartSame(3, settings => settings with { Interval = _interval, Timeout = timeout }, _clients);

    /// <summary>How many checks each server makes of each client within an interval.</summary>
    private int[][] ChecksInOneInterval()
    {
        foreach (EngineRig server in _rig.Servers)
        {
            server.Checker.Prepared.Clear();
        }

        PassAnInterval();
        return [.. _rig.Servers.Select(static server =>
            {
                ILookup<string, ClientSnapshot> prepared = server.Checker.Prepared.ToLookup(static client => client.Name);
                return _clients.Select(client => prepared[client].Count()).ToArray();
            })];
    }

    private void PassAnInterval()
    {
        for (int i = 0; i < 60; i++)
        {
            _rig.Pass(_interval / 60);
            foreach (EngineRig server in _rig.Servers)
            {
                server.SettleChecks(); // they run on threads of the pool, which the clock must not outrun
            }
        }
    }
}
