using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>A client whose every secret is noted, with what persons have decided about it and were told. Thread-safe.</summary>
/// <param name="name">Its name.</param>
/// <param name="isByDenial">Whether persons deny and approve it, and do not disable and enable it.</param>
internal sealed class RecordedClient(string name, bool isByDenial)
{
    /// <summary>How long an answer is waited for: servers stand still at times.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(6);

    private readonly Lock _lock = new();
    private readonly TestClient _client = new(name);
    private readonly HashSet<SharingServer> _unsure = [];
    private long? _forbiddenSince;
    private bool _isEntitled = true;

    public string Name => name;

    /// <summary>Whether it has to get its secret from any server that sees the store.</summary>
    public bool IsEntitled
    {
        get
        {
            lock (_lock)
            {
                return _isEntitled;
            }
        }
    }

    /// <summary>Whether a person was told that it gets nothing, and no other has begun to allow it since.</summary>
    public bool IsForbidden
    {
        get
        {
            lock (_lock)
            {
                return _forbiddenSince is not null;
            }
        }
    }

    /// <summary>Its section of clients.conf.</summary>
    public string Stanza => isByDenial
        ? _client.StanzaWith("checker = true", "timeout = P10D", "approval_delay = PT1S", "approval_duration = P1D", "approve_all = True")
        : _client.StanzaWith("checker = true", "timeout = P10D");

    /// <summary>Forbids it at a server.</summary>
    /// <returns>Whether the person was told that it holds.</returns>
    public async Task<bool> ForbidAsync(SharingServer server)
    {
        lock (_lock)
        {
            _isEntitled = false;
        }

        BusReply reply = isByDenial ? await server.CallAsync(name, "Approve", "(false,)") : await server.CallAsync(name, "Disable");
        lock (_lock)
        {
            if (reply.Error is null)
            {
                _unsure.Remove(server);
                _forbiddenSince ??= TimeProvider.System.GetTimestamp();
            }
            else
            {
                _unsure.Add(server);
            }
        }

        return reply.Error is null;
    }

    /// <summary>Allows it at a server.</summary>
    /// <returns>Whether the person was told that it holds.</returns>
    public async Task<bool> AllowAsync(SharingServer server)
    {
        lock (_lock)
        {
            _forbiddenSince = null;
        }

        BusReply reply = isByDenial ? await server.CallAsync(name, "Approve", "(true,)") : await server.CallAsync(name, "Enable");
        lock (_lock)
        {
            if (reply.Error is null)
            {
                _unsure.Remove(server);
                _isEntitled = _unsure.Count == 0;
            }
            else
            {
                _unsure.Add(server);
            }
        }

        return reply.Error is null;
    }

    /// <summary>The servers whose persons were told that their last command is not sure to hold: it may come into force later.</summary>
    public IReadOnlyList<SharingServer> Unsure
    {
        get
        {
            lock (_lock)
            {
                return [.. _unsure];
            }
        }
    }

    /// <summary>Asks a server for the secret, once.</summary>
    /// <param name="network">Where.</param>
    /// <param name="server">The server.</param>
    /// <param name="pause">How long the connection stands before the server learns who it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it came.</returns>
    /// <exception cref="ViolationException">It came although it was forbidden before it was asked for.</exception>
    public async Task<bool> AskAsync(FaultNetwork network, SharingServer server, TimeSpan pause, CancellationToken cancellationToken)
    {
        using var impatience = new CancellationTokenSource(_patience + pause, TimeProvider.System);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, impatience.Token);
        PeerOutcome outcome;
        long start;
        try
        {
            await using Stream stream = await network.ConnectAsync(server.Server.EndPoint, limit.Token);
            await Task.Delay(pause, TimeProvider.System, limit.Token);
            start = TimeProvider.System.GetTimestamp(); // nothing can have been decided about it before
            outcome = await MandosPeer.FetchAsync(stream, new PeerOptions(_client.Key), limit.Token);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }

        lock (_lock)
        {
            if (outcome.Secret.Length > 0 && _forbiddenSince is { } since && start >= since)
            {
                throw new ViolationException(
                    $"{server.Name} gave {outcome.Secret.Length} bytes of the secret of {name}, asked {TimeProvider.System.GetElapsedTime(since, start).TotalMilliseconds:F0} ms after "
                        + "a person was told that it is forbidden everywhere");
            }
        }

        if (outcome.Secret.Length > 0 && outcome.Ending == PeerEnding.CloseNotify)
        {
            Assert.Equal(_client.Secret, outcome.Secret);
            return true;
        }

        return false;
    }
}
