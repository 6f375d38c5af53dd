using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Checking;

/// <summary>
/// Finds out whether the own system of a client runs now, by checks besides its usual ones: nobody hears of them, and they say nothing about its expiry.
/// Used on the engine loop alone.
/// </summary>
internal sealed class ProbeRunner(EngineServices services, CheckRunner checks)
{
    /// <summary>How long a check may take. One that takes longer did not succeed.</summary>
    public static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(15);

    /// <summary>The clients of which a check runs now. There is one at a time of each.</summary>
    private readonly Dictionary<Client, Probe> _probes = [];

    /// <summary>Whether a successful check of a client proves that its own system runs.</summary>
    public bool CanTell(Client client) => checks.ProvesIdentity(client);

    /// <summary>Whether a check of a client runs now.</summary>
    public bool IsRunning(Client client) => _probes.ContainsKey(client);

    /// <summary>Has a check say whether the client's own system runs at a moment after now.</summary>
    /// <param name="request">Who wants to know.</param>
    /// <param name="answer">Is told; not if the request is decided by the time that its check would begin.</param>
    public void Ask(OpenRequest request, Action<bool> answer)
    {
        if (_probes.TryGetValue(request.Client, out Probe? running))
        {
            running.Next.RemoveAll(static one => one.Request.Place is null);
            running.Next.Add((request, answer));
        }
        else
        {
            Begin(request.Client, [(request, answer)]);
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

    private void Begin(Client client, List<(OpenRequest Request, Action<bool> Answer)> asking)
    {
        var probe = new Probe(asking);
        _probes[client] = probe;
        probe.Limit = new Deadline(static state => ((Probe)state).Stop(), probe);
        services.Deadlines.Schedule(probe.Limit, services.Clock.After(LongestProbe));
        probe.End = RunAsync(client, probe);
    }

    private async Task RunAsync(Client client, Probe probe)
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
            services.Loop.Post(() => End(client, probe, isUp));
        }
    }

    private void End(Client client, Probe probe, bool isUp)
    {
        services.Deadlines.Cancel(probe.Limit!);
        _probes.Remove(client);
        List<(OpenRequest Request, Action<bool> Answer)> asking = probe.Asking;
        if (isUp)
        {
            asking.AddRange(probe.Next); // the proof has come after all of these
        }
        else if (probe.Next.Count > 0)
        {
            Begin(client, probe.Next);
        }

        foreach ((_, Action<bool> answer) in asking)
        {
            answer(isUp);
        }
    }

#pragma warning disable CA1001 // Without a timer or a wait handle the source holds nothing, and disposing it would race with cancelling
    private sealed class Probe(List<(OpenRequest Request, Action<bool> Answer)> asking)
#pragma warning restore CA1001
    {
        private readonly CancellationTokenSource _stop = new();

        /// <summary>Who asked before it began.</summary>
        public List<(OpenRequest Request, Action<bool> Answer)> Asking { get; } = asking;

        /// <summary>Who asked after it began.</summary>
        public List<(OpenRequest Request, Action<bool> Answer)> Next { get; } = [];

        /// <summary>When it is stopped.</summary>
        public Deadline? Limit { get; set; }

        public CancellationToken Stopping => _stop.Token;

        public Task End { get; set; } = Task.CompletedTask;

        public void Stop() => _ = _stop.CancelAsync(); // not Cancel: callbacks of checkers must not run on the engine loop
    }
}
