using System.Collections.Concurrent;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Tests.Support;

/// <summary>What a check of <see cref="FakeChecker"/> does.</summary>
internal enum CheckMode
{
    /// <summary>Ends at once with <see cref="CheckPlan.Result"/>.</summary>
    Ends,

    /// <summary>Runs until the test ends it, or until it is stopped.</summary>
    Hangs,

    /// <summary>Runs until the test ends it, even when it is stopped.</summary>
    IsStubborn,

    /// <summary>Throws in running.</summary>
    Throws,

    /// <summary>The settings do not make a check.</summary>
    CannotBePrepared,

    /// <summary>Throws in preparing.</summary>
    ThrowsInPreparing,
}

internal readonly record struct CheckPlan(CheckMode Mode, CheckResult Result);

/// <summary>Checks as the test has planned them for each client.</summary>
internal sealed class FakeChecker : IChecker
{
    public static readonly CheckResult Success = CheckResult.Exited(0);

    private readonly ConcurrentDictionary<string, CheckPlan> _plans = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<FakeCheck>> _running = new();

    /// <summary>Most checks of one client that ran at the same time.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>The clients as they were given to <see cref="Prepare"/>.</summary>
    public ConcurrentQueue<ClientSnapshot> Prepared { get; } = new();

    public bool ProvesIdentity { get; init; }

    public bool KeepsPrepared { get; init; } = true;

    public CheckPlan this[string client]
    {
        get => _plans.GetValueOrDefault(client, new CheckPlan(CheckMode.Ends, Success));
        set => _plans[client] = value;
    }

    public void Plan(string client, CheckMode mode) => this[client] = new CheckPlan(mode, Success);

    public void Plan(string client, CheckResult result) => this[client] = new CheckPlan(CheckMode.Ends, result);

    /// <summary>The checks of a client that run, oldest first.</summary>
    public IReadOnlyList<FakeCheck> RunningOf(string client)
        => _running.TryGetValue(client, out ConcurrentQueue<FakeCheck>? checks) ? [.. checks.Where(check => !check.HasEnded)]
            : [];

    public int CountRunning(string client)
        => _running.TryGetValue(client, out ConcurrentQueue<FakeCheck>? checks) ? checks.Count(static check => !check.HasEnded)
            : 0;

    public ICheck Prepare(ClientSnapshot client)
    {
        if (KeepsPrepared)
        {
            Prepared.Enqueue(client);
        }

        CheckPlan plan = this[client.Name];
        return plan.Mode switch
        {
            CheckMode.CannotBePrepared => throw new CheckPreparationException("the checker option is malformed"),
            CheckMode.ThrowsInPreparing => throw new InvalidOperationException("a fault"),
            _ => new FakeCheck(plan, check => Started(client.Name, check)),
        };
    }

    private void Started(string client, FakeCheck check)
    {
        ConcurrentQueue<FakeCheck> checks = _running.GetOrAdd(client, static _ => new());
        lock (checks)
        {
            while (checks.TryPeek(out FakeCheck? old) && old.HasEnded)
            {
                checks.TryDequeue(out _);
            }

            checks.Enqueue(check);
            MostAtOnce = Math.Max(MostAtOnce, checks.Count(static c => !c.HasEnded));
        }
    }
}
