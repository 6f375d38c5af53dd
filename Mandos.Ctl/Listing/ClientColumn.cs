using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Listing;

/// <summary>A property as it is listed.</summary>
/// <param name="Property">Its name.</param>
/// <param name="Title">Its column's title.</param>
/// <param name="Value">Its value: a text, a boolean, a number, or a duration.</param>
internal sealed record ClientColumn(string Property, string Title, Func<Client, object> Value)
{
    /// <summary>What Debian's server does not know of what is expected of a client.</summary>
    private static readonly ClientColumn[] _expectations =
    [
        new("RebootUntil", "Reboot Expected Until", client => client.RebootUntil),
        new("RebootReason", "Reboot Reason", client => client.RebootReason),
        new("RebootNeedsNoApproval", "Reboot Needs No Approval", client => client.RebootNeedsNoApproval),
        new("RehearsalUntil", "Rehearsal Expected Until", client => client.RehearsalUntil),
    ];

    private static readonly Client _ordinary = new("/");

    /// <summary>Debian's, in its order.</summary>
    public static IReadOnlyList<ClientColumn> All { get; } =
    [
        new("Name", "Name", client => client.Name),
        new("Enabled", "Enabled", client => client.Enabled),
        new("Timeout", "Timeout", client => client.Timeout),
        new("LastCheckedOK", "Last Successful Check", client => client.LastCheckedOk),
        new("Created", "Created", client => client.Created),
        new("Interval", "Interval", client => client.Interval),
        new("Host", "Host", client => client.Host),
        new("KeyID", "Key ID", client => client.KeyId),
        new("Fingerprint", "Fingerprint", client => client.Fingerprint),
        new("CheckerRunning", "Check Is Running", client => client.CheckerRunning),
        new("LastEnabled", "Last Enabled", client => client.LastEnabled),
        new("ApprovalPending", "Approval Is Pending", client => client.ApprovalPending),
        new("ApprovedByDefault", "Approved By Default", client => client.ApprovedByDefault),
        new("LastApprovalRequest", "Last Approval Request", client => client.LastApprovalRequest),
        new("ApprovalDelay", "Approval Delay", client => client.ApprovalDelay),
        new("ApprovalDuration", "Approval Duration", client => client.ApprovalDuration),
        new("Checker", "Checker", client => client.Checker),
        new("ExtendedTimeout", "Extended Timeout", client => client.ExtendedTimeout),
        new("Expires", "Expires", client => client.Expires),
        new("LastCheckerStatus", "Last Checker Status", client => client.LastCheckerStatus),
    ];

    /// <summary>All, and those that Debian's server does not have, as far as a client has another value than the default.</summary>
    public static IReadOnlyList<ClientColumn> Of(IReadOnlyList<Client> clients) =>
    [
        .. All,
        .. ClientSetting.All.Where(static setting => setting.IsExtension)
            .Select(static setting => new ClientColumn(setting.Name, Words(setting.Name), client => client.Extension(setting)))
            .Concat(_expectations)
            .Where(column => clients.Any(client => !column.Value(client).Equals(column.Value(_ordinary)))),
    ];

    /// <summary>Those that are listed unless all are asked for.</summary>
    public static IReadOnlyList<ClientColumn> Few { get; } = [.. All.Take(4)];

    private static string Words(string name) => string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) && i > 0 ? $" {c}" : $"{c}"));

    /// <summary>The value for people.</summary>
    public string Text(Client client) => Value(client) switch
    {
        bool value => value ? "Yes" : "No",
        ulong milliseconds => Duration(milliseconds),
        int number => number.ToString(CultureInfo.InvariantCulture),
        object value => (string)value,
    };

    /// <summary>A duration as days, hours, minutes and seconds: <c>10T00:05:00</c>; no days are left out.</summary>
    public static string Duration(ulong milliseconds)
    {
        (ulong days, ulong rest) = Math.DivRem(milliseconds / 1000, 86400);
        string time = string.Create(CultureInfo.InvariantCulture, $"{rest / 3600:00}:{rest / 60 % 60:00}:{rest % 60:00}");
        return days == 0 ? time : string.Create(CultureInfo.InvariantCulture, $"{days}T{time}");
    }
}
