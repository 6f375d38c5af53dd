using System.Net;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.WebControl.Api;

/// <summary>Clients and their requests in JSON.</summary>
/// <param name="time">The clock.</param>
internal sealed class ClientJson(TimeProvider time)
{
    /// <summary>Writes a client as an item of a list.</summary>
    public void WriteItem(Utf8JsonWriter json, ClientSnapshot client)
    {
        json.WriteStartObject();
        Write(json, client);
        json.WriteEndObject();
    }

    /// <summary>Writes what an object of a client has.</summary>
    public void Write(Utf8JsonWriter json, ClientSnapshot client)
    {
        json.WriteString("name", client.Name);
        json.WriteNumber("id", client.Id);
        json.WriteString("origin", client.Origin == ClientOrigin.Command ? "command" : "files");
        json.WriteBoolean("enabled", client.Enabled);
        json.WriteBoolean("approval_pending", client.ApprovalsPending > 0);
        json.WriteNumber("approvals_pending", client.ApprovalsPending);
        json.WriteStartArray("requests");
        foreach (SecretRequest request in client.Requests)
        {
            WriteItem(json, new WaitingRequest(client, request));
        }

        json.WriteEndArray();
        json.WriteString("key_id", client.Settings.KeyId);
        json.WriteString("fingerprint", client.Settings.Fingerprint);
        WriteTime(json, "created", client.Created);
        WriteTime(json, "last_enabled", client.LastEnabled);
        WriteTime(json, "expires", client.Expires);
        WriteTime(json, "last_checked_ok", client.LastCheckedOk);
        json.WriteNumber("last_checker_status", client.LastCheckerStatus);
        WriteTime(json, "last_approval_request", client.LastApprovalRequest);
        json.WriteBoolean("checker_running", client.CheckerRunning);
        RebootJson.Write(json, client);
        foreach (ClientSetting setting in ClientSetting.All)
        {
            switch (setting)
            {
                case ClientSetting<string> text:
                    json.WriteString(setting.OptionName, text.Get(client.Settings));
                    break;
                case ClientSetting<bool> flag:
                    json.WriteBoolean(setting.OptionName, flag.Get(client.Settings));
                    break;
                case ClientSetting<TimeSpan> duration:
                    json.WriteString(setting.OptionName, IsoDuration.Format(duration.Get(client.Settings)));
                    break;
            }
        }
    }

    /// <summary>Writes a request as an item of a list.</summary>
    public void WriteItem(Utf8JsonWriter json, WaitingRequest waiting)
    {
        json.WriteStartObject();
        Write(json, waiting);
        json.WriteEndObject();
    }

    /// <summary>Writes what an object of a request has.</summary>
    public void Write(Utf8JsonWriter json, WaitingRequest waiting)
    {
        json.WriteNumber("id", waiting.Request.Id);
        json.WriteString("client", waiting.Client.Name);
        json.WriteString("address", waiting.Request.Peer.Address.ToString()); // with its zone, as on D-Bus
        json.WriteNumber("port", waiting.Request.Peer.Port);
        json.WriteString("interface", waiting.Interface);
        json.WriteString("key_id", waiting.Request.KeyId);
        WriteTime(json, "since", waiting.Request.Since);
        json.WriteString("time_left", waiting.TimeLeft(time.GetUtcNow()) is { } left ? IsoDuration.Format(left) : null);
        json.WriteBoolean("shared_key_warning", waiting.IsKeyShared);
    }

    /// <summary>Writes what is kept of a former client, as an item of a list.</summary>
    public static void WriteItem(Utf8JsonWriter json, KeptClient client)
    {
        json.WriteStartObject();
        json.WriteString("name", client.Name);
        json.WriteString("key_id", client.KeyId);
        json.WriteString("fingerprint", client.Fingerprint);
        json.WriteString("state", client switch
        {
            { Origin: ClientOrigin.Command } => "unreadable",
            { State: KeptState.Removed } => "removed",
            { State: KeptState.Disabled } => "disabled",
            _ => "enabled",
        });
        WriteTime(json, "since", client.LeftAt);
        json.WriteEndObject();
    }

    /// <summary>Writes a time of RFC 3339 in UTC, or null.</summary>
    public static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            json.WriteString(name, value.UtcDateTime); // with Z at its end
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>An address without the zone, which is told apart.</summary>
    public static string Show(IPAddress address) => new IPAddress(address.GetAddressBytes()).ToString();
}
