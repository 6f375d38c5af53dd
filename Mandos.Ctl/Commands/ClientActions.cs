using Mandos.Abstractions.Clients;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Commands;

/// <summary>Makes actions of options.</summary>
internal static class ClientActions
{
    /// <summary>How long a rehearsal is expected unless somebody says for how long, in milliseconds.</summary>
    private const ulong RehearsalTime = 600_000;

    /// <summary>What the options ask for, in the order in which they are given; removing comes last.</summary>
    /// <param name="arguments">The options.</param>
    /// <param name="secret">The secret to be set.</param>
    /// <exception cref="UsageException">A value is none.</exception>
    public static IReadOnlyList<ClientAction> Of(CtlArguments arguments, byte[]? secret) =>
    [
        .. arguments.Given
            .OrderBy(option => option.Key == "remove")
            .Select(option => Of(arguments, option.Key, option.Value, secret))
            .OfType<ClientAction>(),
    ];

    private static ClientAction? Of(CtlArguments arguments, string option, string value, byte[]? secret) => option switch
    {
        "enable" => new(static (server, client, token) => server.EnableAsync(client, enable: true, token), new("Enabled", true)),
        "disable" => new(static (server, client, token) => server.EnableAsync(client, enable: false, token), new("Enabled", false)),
        "bump-timeout" => new(static (server, client, token) => server.CheckedOkAsync(client, token), new("LastCheckedOK", "")),
        "start-checker" => new(static (server, client, token) => server.CheckAsync(client, start: true, token), new("CheckerRunning", true)),
        "stop-checker" => new(static (server, client, token) => server.CheckAsync(client, start: false, token), new("CheckerRunning", false)),
        "approve-by-default" => Set(ClientSetting.ApprovedByDefault, true),
        "deny-by-default" => Set(ClientSetting.ApprovedByDefault, false),
        "secret" => new((server, client, token) => server.SetSecretAsync(client, secret!, token), null),
        "approve" => new(static (server, client, token) => server.ApproveAsync(client, approve: true, token), new("Approve", true)),
        "deny" => new(static (server, client, token) => server.ApproveAsync(client, approve: false, token), new("Approve", false)),
        "expect-reboot" => ExpectReboot(new RebootPlan(Durations.Parse(value), arguments.Get("for") ?? "", arguments.Has("no-approval"))),
        "no-reboot" => ExpectReboot(new RebootPlan(0, "", NeedsNoApproval: false)),
        "rehearse" => Rehearse(arguments.Get("valid") is { } valid ? Durations.Parse(valid) : RehearsalTime),
        "promote" => new(static (server, client, token) => server.PromoteAsync(client, token), new("Promote", true)),
        "remove" => new(static (server, client, token) => server.RemoveAsync(client, token), new("RemoveClient", true)),
        _ when ClientSetting.All.FirstOrDefault(setting => setting.CtlName() == option) is { } setting
            => Set(setting, SettingOption.Parse(setting, value)),
        _ => null, // it says which clients, or how to show them
    };

    private static ClientAction ExpectReboot(RebootPlan plan)
        => new((server, client, token) => server.ExpectRebootAsync(client, plan, token), new("ExpectReboot", plan));

    private static ClientAction Rehearse(ulong milliseconds)
        => new((server, client, token) => server.RehearseAsync(client, milliseconds, token), new("Rehearse", milliseconds));

    private static ClientAction Set(ClientSetting setting, object value)
        => new((server, client, token) => server.ChangeAsync(client, setting, value, token), new(setting.Name, value) { Setting = setting });
}
