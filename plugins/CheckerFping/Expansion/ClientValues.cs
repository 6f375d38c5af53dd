using Mandos.Abstractions.Clients;
using Mandos.DBusControl.Clients;

namespace Mandos.CheckerFping.Expansion;

/// <summary>The values that a checker command can name.</summary>
internal static class ClientValues
{
    /// <summary>All names, for error messages.</summary>
    public const string Names =
        "approval_delay, approval_duration, created, dbus_object_path, enabled, expires, fingerprint, host, interval, key_id, "
        + "last_approval_request, last_checked_ok, last_enabled, name and timeout";

    /// <summary>The text of a client's value, not quoted.</summary>
    /// <returns>Null if there is no value of that name.</returns>
    public static string? Find(ClientSnapshot client, string name) => name switch
    {
        "approval_delay" => PythonText.Of(client.Settings.ApprovalDelay),
        "approval_duration" => PythonText.Of(client.Settings.ApprovalDuration),
        "created" => PythonText.Of(client.Created),
        "dbus_object_path" => ClientPath.Of(client.Name),
        "enabled" => PythonText.Of(client.Enabled),
        "expires" => PythonText.Of(client.Expires),
        // A client without one of the two keys has an empty text there, not "None".
        "fingerprint" => client.Settings.Fingerprint ?? "",
        "host" => client.Settings.Host,
        "interval" => PythonText.Of(client.Settings.Interval),
        "key_id" => client.Settings.KeyId ?? "",
        "last_approval_request" => PythonText.Of(client.LastApprovalRequest),
        "last_checked_ok" => PythonText.Of(client.LastCheckedOk),
        "last_enabled" => PythonText.Of(client.LastEnabled),
        "name" => client.Name,
        "timeout" => PythonText.Of(client.Settings.Timeout),
        _ => null,
    };
}
