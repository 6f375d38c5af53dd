using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Api;

/// <summary>One command for many clients: reads the request, and writes what is amiss with which of them.</summary>
internal static class ManyClients
{
    /// <summary>What can be done with many clients, by its name in the address of one.</summary>
    public static IReadOnlyDictionary<string, ClientAction> Actions { get; } = new Dictionary<string, ClientAction>
    {
        ["enable"] = ClientAction.Enable,
        ["disable"] = ClientAction.Disable,
        ["check"] = ClientAction.StartChecker,
        ["stop-check"] = ClientAction.StopChecker,
        ["checked-ok"] = ClientAction.MarkCheckedOk,
        ["remove"] = ClientAction.Remove,
        ["approve"] = ClientAction.Approve,
        ["deny"] = ClientAction.Deny,
        ["promote"] = ClientAction.Promote,
    };

    /// <summary>Reads the clients and what to do with them.</summary>
    /// <exception cref="WebProblem">It is wrong.</exception>
    public static (IReadOnlyList<ClientReference> Clients, ClientAction Action) Read(JsonElement body)
    {
        try
        {
            if (!body.TryGetProperty("clients", out JsonElement listed) || listed.ValueKind != JsonValueKind.Array)
            {
                throw WebProblem.BadValue("clients has to be a list of objects with a name, and an id if one client of that name is meant");
            }

            if (listed.GetArrayLength() > ClientLimits.ClientsOfCommand)
            {
                throw WebProblem.BadValue($"one call may be for {ClientLimits.ClientsOfCommand} clients; this one is for {listed.GetArrayLength()}");
            }

            ClientReference[] clients = [.. listed.EnumerateArray().Select(ReadClient)];
            string action = body.TryGetProperty("action", out JsonElement named) && named.ValueKind == JsonValueKind.String ? named.GetString()! : "";
            if (action is "expect-reboot" or "rehearse")
            {
                bool hasValue = body.TryGetProperty(action.Replace('-', '_'), out JsonElement expected) && expected.ValueKind == JsonValueKind.Object;
                return !hasValue ? throw WebProblem.BadValue($"with the action {action} goes an object {action.Replace('-', '_')}")
                    : (clients, action == "rehearse" ? ClientAction.Rehearse(RebootJson.ReadRehearsal(expected))
                        : ClientAction.ExpectReboot(RebootJson.ReadReboot(expected)));
            }

            bool hasSettings = body.TryGetProperty("settings", out JsonElement settings) && settings.ValueKind == JsonValueKind.Object;
            return (clients, Actions.TryGetValue(action, out ClientAction? known) && !hasSettings ? known
                : action == "settings" && hasSettings ? ClientAction.Change(SettingsJson.Read(settings))
                : throw WebProblem.BadValue(
                    $"action has to be one of {string.Join(", ", Actions.Keys)}, or settings, expect-reboot or rehearse, which alone go with an object of that name"));
        }
        catch (InvalidOperationException)
        {
            throw WebProblem.BadValue("a text of the body is no Unicode"); // half of a surrogate pair
        }
    }

    /// <summary>Writes what is amiss with single clients.</summary>
    public static void WriteItem(Utf8JsonWriter json, ClientProblem problem)
    {
        WebProblem? error = problem.Error is { } e ? Dispatcher.Describe(e) : null;
        json.WriteStartObject();
        json.WriteString("client", problem.Client);
        json.WriteString("code", error?.Code ?? "not_durable");
        json.WriteString("error", error?.Message ?? problem.Result!.Problem);
        json.WriteEndObject();
    }

    private static ClientReference ReadClient(JsonElement client)
    {
        if (client.ValueKind != JsonValueKind.Object || !client.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String)
        {
            throw WebProblem.BadValue("each of the clients has to be an object with a name");
        }

        return !client.TryGetProperty("id", out JsonElement id) ? ClientReference.ByName(name.GetString()!)
            : id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out long number) ? ClientReference.ById(name.GetString()!, number)
            : throw WebProblem.BadValue("the id of a client has to be a whole number");
    }
}
