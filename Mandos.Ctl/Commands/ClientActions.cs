using Mandos.Abstractions.Clients;
using Mandos.Ctl.Servers;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Commands;

/// <summary>Makes actions of options.</summary>
internal static class ClientActions
{
    /// <summary>What the options ask for, in the order in which they are given; removing comes last.</summary>
    /// <param name="arguments">The options.</param>
    /// <param name="secret">The secret to be set.</param>
    /// <exception cref="UsageException">A value is none.</exception>
    public static IReadOnlyList<ClientAction> Of(CtlArguments arguments, byte[]? secret) =>
    [
        .. arguments.Given
            .OrderBy(option => option.Key == "remove")
            .Select(option => Of(option.Key, option.Value, secret))
            .OfType<ClientAction>(),
    ];

    private static ClientAction? Of(string option, string value, byte[]? secret) => option switch
    {
        "enable" => Set("Enabled", true),
        "disable" => Set("Enabled", false),
        "bump-timeout" => Set("LastCheckedOK", ""),
        "start-checker" => Set("CheckerRunning", true),
        "stop-checker" => Set("CheckerRunning", false),
        "approve-by-default" => Set("ApprovedByDefault", true),
        "deny-by-default" => Set("ApprovedByDefault", false),
        "secret" => Set("Secret", VariantValue.Array(secret!)),
        "approve" => static (server, client, token) => server.ApproveAsync(client, approve: true, token),
        "deny" => static (server, client, token) => server.ApproveAsync(client, approve: false, token),
        "remove" => static (server, client, token) => server.RemoveAsync(client, token),
        _ when ClientSetting.All.FirstOrDefault(setting => setting.CtlName() == option) is { } setting
            => Set(setting.Name, SettingOption.Parse(setting, value), setting.Interface()),
        _ => null, // it says which clients, or how to show them
    };

    private static ClientAction Set(string property, VariantValue value, string interfaceName = ServerNames.Client)
        => (server, client, token) => server.SetAsync(client, property, value, token, interfaceName);
}
