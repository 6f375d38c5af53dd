using System.Text.Json;
using Mandos.Abstractions.Control;

namespace Mandos.WebControl.Api;

/// <summary>The server, and those that share its state, in JSON.</summary>
internal static class ServerJson
{
    /// <summary>Writes what an object of the server has.</summary>
    public static void Write(Utf8JsonWriter json, ServerInfo info)
    {
        json.WriteString("version", info.Version);
        json.WriteString("service_name", info.ServiceName);
        json.WriteStartArray("end_points");
        foreach (System.Net.IPEndPoint endPoint in info.EndPoints)
        {
            json.WriteStringValue(endPoint.ToString());
        }

        json.WriteEndArray();
        json.WriteString("state_problem", info.StateProblem);
        json.WriteStartArray("plugins");
        foreach (PluginInfo plugin in info.Plugins)
        {
            json.WriteStartObject();
            json.WriteString("name", plugin.Name);
            json.WriteString("version", plugin.Version);
            json.WriteString("kind", plugin.Kind);
            json.WriteString("state", plugin.State);
            json.WriteString("reason", plugin.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the group, which is null where the state is one server's alone.</summary>
    public static void Write(Utf8JsonWriter json, ServerGroup? group)
    {
        if (group is null)
        {
            json.WriteNull("group");
            return;
        }

        json.WriteStartObject("group");
        json.WriteNumber("revision", group.Revision);
        json.WriteString("longest_wait", IsoDuration.Format(group.LongestWait));
        json.WriteStartArray("servers");
        foreach (KnownServer server in group.Servers)
        {
            json.WriteStartObject();
            json.WriteString("name", server.Name);
            json.WriteBoolean("is_self", server.IsSelf);
            ClientJson.WriteTime(json, "since", server.Since);
            json.WriteNumber("confirmed", server.Confirmed);
            json.WriteString("since_sync", Format(server.SinceSync));
            json.WriteString("permission_left", Format(server.PermissionLeft));
            json.WriteString("files_hash", server.FilesHash);
            json.WriteBoolean("is_awaited", server.IsAwaited);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes a key that belongs to no client, as an item of a list.</summary>
    public static void WriteItem(Utf8JsonWriter json, UnknownKey key)
    {
        json.WriteStartObject();
        json.WriteString("key_id", key.KeyId);
        json.WriteString("address", key.Address.ToString());
        json.WriteNumber("count", key.Count);
        ClientJson.WriteTime(json, "first", key.First);
        ClientJson.WriteTime(json, "last", key.Last);
        json.WriteEndObject();
    }

    /// <summary>Writes an invitation, as an item of a list.</summary>
    public static void WriteItem(Utf8JsonWriter json, Invitation invitation)
    {
        json.WriteStartObject();
        json.WriteString("name", invitation.Name);
        ClientJson.WriteTime(json, "created", invitation.Created);
        ClientJson.WriteTime(json, "until", invitation.Until);
        ClientJson.WriteTime(json, "arrived", invitation.Arrived);
        json.WriteString("address", invitation.Address?.ToString());
        json.WriteString("key_id", invitation.KeyId);
        json.WriteEndObject();
    }

    /// <summary>Writes what the server makes of sections for its files.</summary>
    public static void Write(Utf8JsonWriter json, Examination examination, ClientJson clients)
    {
        json.WriteString("config_directory", examination.ConfigDirectory);
        json.WriteStartArray("clients");
        foreach (ExaminedClient client in examination.Clients)
        {
            json.WriteStartObject();
            json.WriteNumber("line", client.Line);
            json.WriteNumber("secret_length", client.SecretLength);
            json.WriteString("checker_plugin", client.Client.Settings.CheckerPlugin);
            json.WriteStartObject("client");
            clients.Write(json, client.Client);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "problems", examination.Problems);
        WriteTexts(json, "doubts", examination.Doubts);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static string? Format(TimeSpan? duration) => duration is { } value ? IsoDuration.Format(value) : null;
}
