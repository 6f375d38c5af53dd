using Mandos.Abstractions.Control;

namespace Mandos.WebControl.Metrics;

/// <summary>Says whether the server is alive and ready, for programs that start it again or send clients elsewhere.</summary>
/// <param name="server">The server.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class Probes(IMandosServer server, TimeProvider timeProvider)
{
    /// <summary>How long the engine may take to answer: longer than it is ever busy at a stretch, shorter than probes wait.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whether the engine answers.</summary>
    /// <returns>Null if it does, or a line that says why it does not.</returns>
    public async Task<string?> FindDeadAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Any question takes turns with all that the engine has to do; this one costs least.
            await server.GetClientAsync("", cancellationToken).AsTask().WaitAsync(Patience, timeProvider, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (TimeoutException)
        {
            return $"the engine has not answered within {Patience.TotalSeconds} s";
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return e.Message; // it has ended
        }
    }

    /// <summary>Whether all clients can get their secrets here, and what is decided here is kept.</summary>
    /// <returns>Null if that is so, or a line that says which part is not ready, and no more: strangers read it, and why may name files.</returns>
    public string? FindUnready()
    {
        ServerInfo info = server.Info;
        return info.EndPoints.Count == 0 ? "not ready: listeners: it does not listen for clients on any address"
            : info.Group?.Servers.FirstOrDefault(static one => one.IsSelf) is { PermissionLeft: { } left } && left <= TimeSpan.Zero
                ? "not ready: permission: it is cut off from the state that it shares with other servers"
            : info.StateProblem is not null ? "not ready: store: changes are not saved; the log says why"
            : null;
    }
}
