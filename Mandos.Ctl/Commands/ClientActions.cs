using Mandos.Abstractions.Clients;

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
        "enable" => static (server, client, token) => server.EnableAsync(client, enable: true, token),
        "disable" => static (server, client, token) => server.EnableAsync(client, enable: false, token),
        "bump-timeout" => static (server, client, token) => server.CheckedOkAsync(client, token),
        "start-checker" => static (server, client, token) => server.CheckAsync(client, start: true, token),
        "stop-checker" => static (server, client, token) => server.CheckAsync(client, start: false, token),
        "approve-by-default" => Set(ClientSetting.ApprovedByDefault, true),
        "deny-by-default" => Set(ClientSetting.ApprovedByDefault, false),
        "secret" => (server, client, token) => server.SetSecretAsync(client, secret!, token),
        "approve" => static (server, client, token) => server.ApproveAsync(client, approve: true, token),
        "deny" => static (server, client, token) => server.ApproveAsync(client, approve: false, token),
        "remove" => static (server, client, token) => server.RemoveAsync(client, token),
        _ when ClientSetting.All.FirstOrDefault(setting => setting.CtlName() == option) is { } setting
            => Set(setting, SettingOption.Parse(setting, value)),
        _ => null, // it says which clients, or how to show them
    };

    private static ClientAction Set(ClientSetting setting, object value)
        => (server, client, token) => server.ChangeAsync(client, setting, value, token);
}
