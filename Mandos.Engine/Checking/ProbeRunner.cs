using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Checking;

/// <summary>
/// Finds out whether the own system of a client runs now, by checks besides its usual ones: nobody hears of them, and they say nothing about its expiry.
/// Used on the engine loop alone.
/// </summary>
internal sealed class ProbeRunner(EngineServices services, CheckRunner checks)
{
    /// <summary>The clients of which a check runs now. There is one at a time of each.</summary>
    private readonly Dictionary<Client, Probe> _probes = [];

    /// <summary>Whether a successful check of a client proves that its own system runs.</summary>
    public bool CanTell(Client client) => checks.ProvesIdentity(client);

    /// <summary>Whether a check of a client runs now.</summary>
    public bool IsRunning(Client client) => _probes.ContainsKey(client);

    /// <summary>Runs a check that begins from now on.</summary>
    /// <param name="client">The client.</param>
    /// <param name="answer">Is told whether it succeeded.</param>
    public void Ask(Client client, Action<bool> answer)
    {
        if (_probes.TryGetValue(client, out Probe? running))
        {
            running.Next.Add(answer);
        }
        else
        {
            Begin(client, [answer]);
        }
    }

    /// <summary>Stops the check of a client: it did not succeed.</summary>
    public void Stop(Client client)
    {
        if (_probes.TryGetValue(client, out Probe? probe))
        {
            probe.Stop();
        }
    }

    /// <summary>Stops all checks.</summary>
    public void StopAll()
    {
        foreach (Probe probe in _probes.Values)
        {
            probe.Next.Clear();
            probe.Stop();
        }
    }

    /// <summary>Ends when none of the checks that run now does any more.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_probes.Values.Select(static probe => probe.End));

    private void Begin(Client client, List<Action<bool>> answers)
    {
        var probe = new Probe();
        _probes[client] = probe;
        probe.End = RunAsync(client, probe, answers);
    }

    private async Task RunAsync(Client client, Probe probe, List<Action<bool>> answers)
    {
        bool isUp = false;
        try
        {
            isUp = await checks.ProbeAsync(client.Snapshot, probe.Stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopped, or the engine has ended.
        }
        finally
        {
            services.Loop.Post(() => End(client, probe, answers, isUp));
        }
    }

    private void End(Client client, Probe probe, List<Action<bool>> answers, bool isUp)
    {
        _probes.Remove(client);
        if (probe.Next.Count > 0)
        {
            Begin(client, probe.Next);
        }

        foreach (Action<bool> answer in answers)
        {
            answer(isUp);
        }
    }

#pragma warning disable CA1001 // Without a timer or a wait handle the source holds nothing, and disposing it would race with cancelling
    private sealed class Probe
#pragma warning restore CA1001
    {
        private readonly CancellationTokenSource _stop = new();

        /// <summary>Who asked after it began.</summary>
        public List<Action<bool>> Next { get; } = [];

        public CancellationToken Stopping => _stop.Token;

        public Task End { get; set; } = Task.CompletedTask;

        public void Stop() => _ = _stop.CancelAsync(); // not Cancel: callbacks of checkers must not run on the engine loop
    }
}
