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
        "checker" => Set("Checker", value),
        "timeout" => SetDuration("Timeout", value),
        "extended-timeout" => SetDuration("ExtendedTimeout", value),
        "interval" => SetDuration("Interval", value),
        "approve-by-default" => Set("ApprovedByDefault", true),
        "deny-by-default" => Set("ApprovedByDefault", false),
        "approval-delay" => SetDuration("ApprovalDelay", value),
        "approval-duration" => SetDuration("ApprovalDuration", value),
        "host" => Set("Host", value),
        "secret" => Set("Secret", VariantValue.Array(secret!)),
        "approve" => static (server, client, token) => server.ApproveAsync(client, approve: true, token),
        "deny" => static (server, client, token) => server.ApproveAsync(client, approve: false, token),
        "remove" => static (server, client, token) => server.RemoveAsync(client, token),
        _ => null, // it says which clients, or how to show them
    };

    private static ClientAction SetDuration(string property, string text) => Set(property, VariantValue.UInt64(Durations.Parse(text)));

    private static ClientAction Set(string property, VariantValue value)
        => (server, client, token) => server.SetAsync(client, property, value, token);
}
