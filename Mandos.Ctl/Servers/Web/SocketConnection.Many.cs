using System.Text;
using System.Text.Json.Nodes;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Changes of many clients by one call.</summary>
internal sealed partial class SocketConnection
{
    /// <summary>Characters of a call's body: the server takes 1 MiB, and a character of a name may take three bytes.</summary>
    private const int BodyLength = 300_000;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Client>> ListToChangeAsync(CancellationToken cancellationToken) => ListAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ServerException>?> TryChangeManyAsync(
        IReadOnlyList<Client> clients, ManyChange change, CancellationToken cancellationToken)
    {
        string json = ToJson(clients, change);
        if (json.Length > BodyLength && clients.Count > 1)
        {
            int half = clients.Count / 2;
            IReadOnlyDictionary<string, ServerException>? first = await TryChangeManyAsync([.. clients.Take(half)], change, cancellationToken).ConfigureAwait(false);
            IReadOnlyDictionary<string, ServerException>? second = first is null ? null
                : await TryChangeManyAsync([.. clients.Skip(half)], change, cancellationToken).ConfigureAwait(false);
            return second is null ? null : first!.Concat(second).ToDictionary();
        }

        try
        {
            ManyAnswer answer = await CallAsync(
                WebJson.Default.ManyAnswer, HttpMethod.Post, "commands", cancellationToken,
                content: new StringContent(json, Encoding.UTF8, "application/json"),
                shown: $" {clients.Count} clients, {change.Property}, {change.Value}").ConfigureAwait(false);
            Dictionary<string, Client> byName = clients.ToDictionary(static client => client.Name);
            return answer.Problems.ToDictionary(
                static problem => WebValues.PathOf(problem.Client),
                problem => Explain(problem.Code, problem.Error, byName.GetValueOrDefault(problem.Client) ?? new Client("") { Name = problem.Client }));
        }
        catch (ServerException e) when (e.Code == "not_found")
        {
            return null; // an older server
        }
    }

    private static string ToJson(IReadOnlyList<Client> clients, ManyChange change)
    {
        var body = new JsonObject
        {
            ["clients"] = new JsonArray([.. clients.Select(static client => (JsonNode)new JsonObject { ["name"] = client.Name, ["id"] = client.Id })]),
            ["action"] = (change.Property, change.Value) switch
            {
                _ when change.Setting is not null => "settings",
                ("Enabled", true) => "enable",
                ("Enabled", false) => "disable",
                ("CheckerRunning", true) => "check",
                ("CheckerRunning", false) => "stop-check",
                ("LastCheckedOK", _) => "checked-ok",
                ("Approve", true) => "approve",
                ("Approve", false) => "deny",
                ("RemoveClient", _) => "remove",
                ("ExpectReboot", _) => "expect-reboot",
                ("Rehearse", _) => "rehearse",
                ("Promote", _) => "promote",
                _ => throw new NotSupportedException($"{change.Property} cannot be changed"),
            },
        };
        if (change.Setting is { } setting)
        {
            body["settings"] = SettingJson(setting, change.Value);
        }
        else if (change.Value is RebootPlan plan)
        {
            body["expect_reboot"] = ToJson(plan);
        }
        else if (change is { Property: "Rehearse", Value: ulong milliseconds })
        {
            body["rehearse"] = RehearsalJson(milliseconds);
        }

        return body.ToJsonString();
    }
}
