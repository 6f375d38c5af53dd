using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Mandos.Ctl.Servers.Web;

/// <summary>What the server tells of by itself.</summary>
internal sealed partial class SocketConnection
{
    private readonly TaskCompletionSource _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _following = Task.CompletedTask;

    /// <inheritdoc/>
    public Task DisconnectedAsync() => _disconnected.Task;

    /// <inheritdoc/>
    public async Task WatchAsync(Action<ServerSignal> handler, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await SendAsync(_events, HttpMethod.Get, "events", null, "", cancellationToken).ConfigureAwait(false);
            var stream = new LimitedStream(
                await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), WebLimits.Silence, _time);
            await RequireSuccessAsync(response, stream, null, cancellationToken).ConfigureAwait(false);
            IAsyncEnumerator<SseItem<ServerSignal?>> events = SseParser.Create(stream, Read).EnumerateAsync(_ending.Token).GetAsyncEnumerator(_ending.Token);
            stream.Allowance = WebLimits.ItemBytes;
            bool isReady = await events.MoveNextAsync().AsTask().WaitAsync(WebLimits.Call, _time, cancellationToken).ConfigureAwait(false)
                && events.Current.EventType == "ready";
            _following = isReady
                ? FollowAsync(response, stream, events, handler)
                : throw new InvalidDataException("its events do not begin with one that it is ready");
        }
        catch (Exception e)
        {
            response?.Dispose();
            if (Explain(e, null, cancellationToken) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>Hands over events until there are no more.</summary>
    private async Task FollowAsync(
        HttpResponseMessage response, LimitedStream stream, IAsyncEnumerator<SseItem<ServerSignal?>> events, Action<ServerSignal> handler)
    {
        try
        {
            using (response)
            await using (events.ConfigureAwait(false))
            {
                while (await events.MoveNextAsync().ConfigureAwait(false))
                {
                    stream.Allowance = WebLimits.ItemBytes;
                    if (events.Current.Data is { } signal)
                    {
                        handler(signal);
                    }
                }
            }

            _disconnected.TrySetResult();
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            _disconnected.TrySetResult();
        }
        catch (Exception e)
        {
            _disconnected.TrySetException(Explain(e, null, _ending.Token) ?? e);
        }
    }

    /// <returns>Null for an event that is not known: a newer server may have more.</returns>
    private static ServerSignal? Read(string eventType, ReadOnlySpan<byte> json)
    {
        EventData data = JsonSerializer.Deserialize(json, WebJson.Default.EventData)!;
        return eventType switch
        {
            "client_added" => new ServerSignal.ClientAdded(Client()),
            "client_removed" => new ServerSignal.ClientRemoved(Client().Path),
            "client_changed" => new ServerSignal.ClientChanged(Client(), [.. data.Changed.Where(ClientConverter.Has)]),
            "need_approval" => new ServerSignal.NeedApproval(Client().Path, (ulong)data.TimeLeft.TotalMilliseconds, data.ApprovedByDefault),
            "conflicting_requests" => new ServerSignal.ConflictingRequests(Client().Path, data.Addresses),
            "anomaly" => new ServerSignal.AnomalyNoticed(Client().Path, data.Request.Address, data.Description),
            "got_secret" => new ServerSignal.GotSecret(Client().Path),
            "rejected" => new ServerSignal.Rejected(Client().Path, WebValues.ToWords(data.Reason)),
            "checker_started" => new ServerSignal.CheckerStarted(Client().Path, data.Description),
            "checker_completed" => new ServerSignal.CheckerCompleted(Client().Path, Client().LastCheckerStatus, data.Description),
            "client_not_found" => new ServerSignal.ClientNotFound(data.KeyId, data.Address),
            _ => null,
        };

        Client Client() => data.Client ?? throw new JsonException($"{eventType} has no client");
    }
}
