using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Api;

/// <summary>Events as they come, in answers without end (HTML Standard, "Server-sent events").</summary>
/// <param name="lists">Subscribes.</param>
/// <param name="clients">Writes clients.</param>
/// <param name="time">The clock.</param>
internal sealed class EventStreams(ClientLists lists, ClientJson clients, TimeProvider time)
{
    private readonly Shares _shares = new(WebLimits.Streams, "streams of events");

    /// <summary>
    /// Answers with <c>ready</c> and then every event, or those that <c>?events=</c> lists. The answer ends when the server stops, and when the
    /// reader has fallen so far behind that it has missed some.
    /// </summary>
    public async Task AnswerAsync(WebCall call)
    {
        HashSet<string>? wanted = call.Query("events") is { } names ? [.. names.Split(',')] : null;
        if (call.Request.Method == "HEAD")
        {
            return;
        }

        using IDisposable share = _shares.Take(call.Caller);
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Stopping);
            using ServerSubscription subscription = await lists.SubscribeAsync(call).ConfigureAwait(false);
            call.Response.ContentType = "text/event-stream";
            call.Response.Headers["X-Accel-Buffering"] = "no"; // for nginx
            await SendAsync(call, "event: ready\ndata: {}\n\n", ended.Token).ConfigureAwait(false);
            await FollowAsync(call, subscription.Events, wanted, ended.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Its token was revoked, or its certificate is listed no more.
        }
        catch (SubscriptionOverflowException)
        {
            // It begins again, and reads everything again.
        }
        catch (OperationCanceledException) when (call.Stopping.IsCancellationRequested && call.Response.HasStarted)
        {
            // A good end of the answer
        }
    }

    private async Task FollowAsync(WebCall call, ChannelReader<ServerEvent> events, HashSet<string>? wanted, CancellationToken cancellationToken)
    {
        Task<bool> more = events.WaitToReadAsync(cancellationToken).AsTask();
        while (true)
        {
            try
            {
                if (!await more.WaitAsync(WebLimits.HeartbeatTime, time, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (TimeoutException) when (call.Caller.IsStillGood())
            {
                await SendAsync(call, ":\n\n", cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (!call.Caller.IsStillGood())
            {
                return;
            }

            string text = Describe(events, wanted);
            if (text.Length > 0)
            {
                await SendAsync(call, text, cancellationToken).ConfigureAwait(false);
            }

            more = events.WaitToReadAsync(cancellationToken).AsTask();
        }
    }

    /// <summary>Takes some events. Changes of one client that come right after another become one.</summary>
    private string Describe(ChannelReader<ServerEvent> events, HashSet<string>? wanted)
    {
        const int MostAtATime = 64;
        var text = new StringBuilder();
        ClientSnapshot? changed = null;
        List<string> properties = [];
        for (int i = 0; i < MostAtATime && events.TryRead(out ServerEvent? next); i++)
        {
            if (next is ClientPropertyChanged change)
            {
                if (changed is not null && changed.Id != change.Client.Id)
                {
                    WriteChange();
                }

                changed = change.Client;
                if (!properties.Contains(change.Property.Name))
                {
                    properties.Add(change.Property.Name);
                }

                continue;
            }

            WriteChange();
            Write(next);
        }

        WriteChange();
        return text.ToString();

        void WriteChange()
        {
            if (changed is { } client)
            {
                Add("client_changed", json =>
                {
                    WriteClient(json, client);
                    json.WriteStartArray("changed");
                    properties.ForEach(json.WriteStringValue);
                    json.WriteEndArray();
                });
            }

            changed = null;
            properties = [];
        }

        void Write(ServerEvent serverEvent)
        {
            switch (serverEvent)
            {
                case ClientAdded e:
                    Add("client_added", json => WriteClient(json, e.Client));
                    break;
                case ClientRemoved e:
                    Add("client_removed", json =>
                    {
                        WriteClient(json, e.Client);
                        json.WriteString("reason", NameOf(e.Reason));
                    });
                    break;
                case NeedApproval e:
                    Add("need_approval", json =>
                    {
                        WriteRequest(json, e, e.Request);
                        json.WriteString("time_left", IsoDuration.Format(e.TimeLeft));
                        json.WriteBoolean("approved_by_default", e.ApprovedByDefault);
                    });
                    break;
                case ConflictingRequests e:
                    Add("conflicting_requests", json =>
                    {
                        WriteClient(json, e.Client);
                        json.WriteStartArray("addresses");
                        foreach (System.Net.IPAddress address in e.Addresses)
                        {
                            json.WriteStringValue(address.ToString());
                        }

                        json.WriteEndArray();
                    });
                    break;
                case AnomalyNoticed e:
                    Add("anomaly", json =>
                    {
                        WriteRequest(json, e, e.Request);
                        json.WriteString("kind", NameOf(e.Kind));
                        json.WriteString("description", e.Description);
                    });
                    break;
                case GotSecret e:
                    Add("got_secret", json => WriteRequest(json, e, e.Request));
                    break;
                case Rejected e:
                    Add("rejected", json =>
                    {
                        WriteRequest(json, e, e.Request);
                        json.WriteString("reason", NameOf(e.Reason));
                    });
                    break;
                case BootUnproven e:
                    Add("boot_unproven", json => WriteClient(json, e.Client));
                    break;
                case KeyPromoted e:
                    Add("key_promoted", json =>
                    {
                        WriteClient(json, e.Client);
                        json.WriteString("retired_key_id", e.RetiredKeyId);
                        json.WriteBoolean("is_tried", e.IsTried);
                    });
                    break;
                case RebootExpected e:
                    Add("reboot_expected", json => WriteClient(json, e.Client));
                    break;
                case RebootExpectationEnded e:
                    Add("reboot_expectation_ended", json =>
                    {
                        WriteClient(json, e.Client);
                        json.WriteString("reason", NameOf(e.Ending));
                    });
                    break;
                case Rehearsed e:
                    Add("rehearsed", json =>
                    {
                        WriteRequest(json, e, e.Request);
                        json.WriteString("problem", e.Problem);
                    });
                    break;
                case CheckerStarted e:
                    Add("checker_started", json =>
                    {
                        WriteClient(json, e.Client);
                        json.WriteString("description", e.Description);
                    });
                    break;
                case CheckerCompleted e:
                    Add("checker_completed", json =>
                    {
                        WriteClient(json, e.Client);
                        json.WriteString("description", e.Description);
                        json.WriteBoolean("succeeded", e.Result.IsSuccess);
                    });
                    break;
                case InvitationArrived e:
                    Add("invitation_arrived", json =>
                    {
                        json.WritePropertyName("invitation");
                        ServerJson.WriteItem(json, e.Invitation);
                    });
                    break;
                case ClientNotFound e:
                    Add("client_not_found", json =>
                    {
                        json.WriteString("key_id", e.KeyId);
                        json.WriteString("address", e.Address.ToString());
                    });
                    break;
            }
        }

        void Add(string name, Action<Utf8JsonWriter> write)
        {
            if (wanted?.Contains(name) != false)
            {
                text.Append("event: ").Append(name).Append("\ndata: ").Append(JsonAnswer.ToText(write)).Append("\n\n");
            }
        }
    }

    private void WriteClient(Utf8JsonWriter json, ClientSnapshot client)
    {
        json.WritePropertyName("client");
        clients.WriteItem(json, client);
    }

    private void WriteRequest(Utf8JsonWriter json, ClientEvent clientEvent, SecretRequest request)
    {
        WriteClient(json, clientEvent.Client);
        json.WritePropertyName("request");
        clients.WriteItem(json, new WaitingRequest(clientEvent.Client, request));
    }

    private static string NameOf<T>(T value)
        where T : struct, Enum
        => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static async Task SendAsync(WebCall call, string text, CancellationToken cancellationToken)
    {
        Encoding.UTF8.GetBytes(text, call.Response.BodyWriter);
        await call.Response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}
