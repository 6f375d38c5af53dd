using System.Net;
using System.Net.NetworkInformation;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Approval;

/// <summary>Notices what says that two machines have the key of one client. Used on the engine loop alone.</summary>
internal sealed partial class AnomalyWatch(EngineServices services, RequestTransitions requests, ProbeRunner probes, IAuditLog? audit)
{
    /// <summary>Boots that may fail in a row.</summary>
    public const int FailedBoots = 3;

    /// <summary>
    /// How long a proof that the client's own system runs counts for the requests that follow. So nobody who asks again and again has the host checked again
    /// and again, until its sshd refuses this server.
    /// </summary>
    public static readonly TimeSpan ProofTime = TimeSpan.FromMinutes(1);

    /// <summary>How long a request waits at most: for the check that runs, and for its own.</summary>
    public static readonly TimeSpan LongestWait = 2 * ProbeRunner.LongestProbe;

    /// <summary>No machine has unlocked its disk and answers by SSH that soon after its request.</summary>
    public static readonly TimeSpan SoonestBoot = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = services.Logger;
    private readonly long[] _counts = new long[Enum.GetValues<AnomalyKind>().Length];

    /// <summary>How often each kind was noticed. For any thread.</summary>
    public IEnumerable<(string Kind, long Count)> Counts
        => Enum.GetValues<AnomalyKind>().Select(kind => (AnomalyPhrases.Phrase(kind), Volatile.Read(ref _counts[(int)kind])));

    /// <summary>Whether a request is to be refused because of what was noticed. A rehearsal is for a person to decide, who has announced it.</summary>
    public static bool Refuses(OpenRequest request)
        => request.IsAnomalous && !request.IsRehearsal && request.Client.Settings.Anomaly == AnomalyBehaviour.Refuse;

    /// <summary>Looks at a request that has come, and marks it, and others that are open, as it finds them.</summary>
    public void Look(OpenRequest request)
    {
        Client client = request.Client;
        IPAddress address = request.Description.Peer.Address;
        OpenRequest[] others = client.Settings.ApproveAll ? [] : [.. client.Open.Where(other => !IsSame(other.Description.Peer.Address, address))];
        if (others.Length > 0)
        {
            foreach (OpenRequest other in others)
            {
                other.IsAnomalous = true;
            }

            Note(request, AnomalyKind.OtherAddress, $"another request is open, from {others[0].Description.Peer.Address}");
        }

        if (client.Traces is not { } traces)
        {
            return;
        }

        if (traces.BootsSinceAlive >= FailedBoots && traces.IsNewBoot(services.Clock.Now))
        {
            Note(request, AnomalyKind.TooManySecrets, $"{traces.BootsSinceAlive} boots got the secret since it was last seen alive");
        }

        if (traces.HardwareAddresses.Count > 0 && ClientTraces.HardwareAddressOf(address) is { } hardware && !traces.HardwareAddresses.Contains(hardware))
        {
            Note(
                request, AnomalyKind.NewHardwareAddress,
                $"the request comes from network card {Text(hardware)}; secrets went to {string.Join(", ", traces.HardwareAddresses.Select(Text))}");
        }
    }

    /// <summary>
    /// Has a check show whether the client's own system runs while a request is open. A request that needs nothing else goes on meanwhile, if that is
    /// only to be logged.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="goOn">Goes on with the request, when the check has ended.</param>
    /// <returns>Whether the request has to wait for the check.</returns>
    public bool Probe(OpenRequest request, Action<OpenRequest> goOn)
    {
        Client client = request.Client;
        bool waits = client.Settings.Anomaly != AnomalyBehaviour.Log;
        if (!probes.CanTell(client) || (request.IsRehearsal && !waits)) // which the running machine makes
        {
            return false;
        }

        if (services.Clock.Now - client.Traces?.Ran is { } ago && ago < ProofTime)
        {
            Note(request, AnomalyKind.MachineRuns, $"its own system ran {ago.TotalSeconds:0} s ago, as a check showed");
            return false;
        }

        if (waits)
        {
            requests.Hold(request, LongestWait, late => GoOn(isUp: false), isForPerson: false);
            probes.Ask(request, GoOn);
        }
        else if (!probes.IsRunning(client))
        {
            probes.Ask(request, isUp => NoteRuns(isUp && services.Clock.Now - request.Opened <= SoonestBoot));
        }

        return waits;

        void GoOn(bool isUp)
        {
            NoteRuns(isUp);
            if (request.Place is not null)
            {
                requests.EndWait(request);
                goOn(request);
            }
        }

        void NoteRuns(bool isUp)
        {
            if (!isUp)
            {
                return;
            }

            if (!request.IsRehearsal) // after which the machine may well boot
            {
                (client.Traces ??= new ClientTraces()).Ran = services.Clock.Now;
            }

            Note(request, AnomalyKind.MachineRuns, "its own system runs: a check succeeded after the request");
        }
    }

    private void Note(OpenRequest request, AnomalyKind kind, string description)
    {
        Interlocked.Increment(ref _counts[(int)kind]);
        requests.NoteAnomaly(request, kind, description);
        var record = new AnomalyRecord
        {
            Time = services.Clock.UtcNow,
            Client = request.Client.Name,
            Peer = request.Description.Peer,
            KeyId = request.Description.KeyId,
            Kind = kind,
            Behaviour = request.Client.Settings.Anomaly,
            Detail = description,
        };
        LogRecord(record);
        audit?.Write(record);
    }

    /// <summary>Whether addresses are the same, as the machine sees its own: the interface by which the server has it does not count.</summary>
    private static bool IsSame(IPAddress one, IPAddress other) => one.Equals(other)
        || (one.IsIPv6LinkLocal && other.IsIPv6LinkLocal && one.GetAddressBytes().AsSpan().SequenceEqual(other.GetAddressBytes()));

    private static string Text(PhysicalAddress address) => string.Join(':', address.GetAddressBytes().Select(static part => $"{part:x2}"));
}
