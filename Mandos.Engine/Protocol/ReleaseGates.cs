using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

/// <summary>All that has to agree before a secret is written. Fails closed. Thread-safe.</summary>
internal sealed partial class ReleaseGates(EngineServices services, IReadOnlyList<IReleaseGate> gates)
{
    private readonly ILogger _logger = services.Logger;

    /// <summary>Whether there are any; if not, nobody has to ask.</summary>
    public bool Any => gates.Count > 0;

    /// <summary>Asks one gate after another.</summary>
    /// <returns>The refusal of the first that does not agree, which the log tells of; null if all agree.</returns>
    /// <exception cref="OperationCanceledException">The connection was aborted.</exception>
    public async Task<GateRefusal?> AskAsync(Connection connection, Outcome granted)
    {
        foreach (IReleaseGate gate in gates)
        {
            if (await AskAsync(gate, connection, granted).ConfigureAwait(false) is { } refusal)
            {
                LogRefused(connection.ClientName!, gate.Otherwise);
                return refusal;
            }
        }

        return null;
    }

    /// <summary>Looks a last time, at once.</summary>
    /// <returns>The refusal of the first that does not agree any more, which the log tells of; null if all do.</returns>
    public GateRefusal? LookAgain(Connection connection, Outcome granted)
    {
        foreach (IReleaseGate gate in gates)
        {
            if (!gate.StillAgrees(connection, granted))
            {
                LogRefused(connection.ClientName!, gate.Otherwise);
                return new GateRefusal(gate.Refusal, null);
            }
        }

        connection.Release = new SecretRelease(granted, services.Clock.Now);
        return null;
    }

    /// <summary>Sees that a secret on its way may still be written.</summary>
    /// <exception cref="IOException">It must not.</exception>
    public void ThrowIfLapsed(Connection connection)
    {
        if (connection.Release is not { } release)
        {
            return; // nothing of a secret
        }

        foreach (IReleaseGate gate in gates)
        {
            if (!gate.MayWrite(connection, release.Granted, release.Looked))
            {
                throw new IOException($"not written any more: {gate.Otherwise}");
            }
        }

        if (connection.AbortCause is not null) // after the gates: what these count on is broken off before they agree
        {
            throw new IOException("not written any more: it was broken off");
        }

        connection.Release = release with { Looked = services.Clock.Now };
    }

    private async Task<GateRefusal?> AskAsync(IReleaseGate gate, Connection connection, Outcome granted)
    {
        using var limit = new CancellationTokenSource(ProtocolLimits.GateTime, services.Clock.TimeProvider);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, connection.Aborted);
        try
        {
            Task<bool> answer = gate.AgreesAsync(connection, granted, giveUp.Token);
            return await answer.WaitAsync(giveUp.Token).ConfigureAwait(false) ? null : new GateRefusal(gate.Refusal, null);
        }
        catch (OperationCanceledException) when (connection.Aborted.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new GateRefusal(gate.Refusal, $"it took longer than {ProtocolLimits.GateTime.TotalSeconds} s");
        }
        catch (Exception e) // whatever its fault, the secret stays
        {
            LogFault(connection.ClientName!, e);
            return new GateRefusal(gate.Refusal, e.GetType().Name);
        }
    }
}
