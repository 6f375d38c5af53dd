using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Commands;

/// <summary>An option of mandos-ctl(8).</summary>
/// <param name="Name">Its long form, without dashes.</param>
/// <param name="Letter">Its short form.</param>
/// <param name="Value">What its value is called; null: it has none.</param>
/// <param name="Help">What it does.</param>
internal sealed record CtlOption(string Name, char? Letter, string? Value, string Help)
{
    private static readonly ClientSetting[] _extensions = [.. ClientSetting.All.Where(static setting => setting.IsExtension)];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CtlOption> All { get; } =
    [
        new("help", 'h', null, "show this help and exit"),
        new("version", null, null, "show the version and exit"),
        new("all", 'a', null, "do it with all clients"),
        new("verbose", 'v', null, "show all settings"),
        new("dump-json", 'j', null, "show all settings as JSON"),
        new("names", null, null, "show the names alone, one a line"),
        new("requests", null, null, "show the requests that wait for approval"),
        new("kept", null, null, "show the former clients that the server keeps"),
        new("unknown", null, null, "show the keys that asked and belong to no client"),
        new("unproven", null, null, "show the clients that have not booted with their present key, secret and host"),
        new("rotation", null, null, "show the clients whose key changes, or was changed, and how far they are"),
        new("servers", null, null, "show the servers that share their state with this one"),
        new("forget", null, null, "forget the former clients of these names"),
        new("enable", 'e', null, "enable"),
        new("disable", 'd', null, "disable"),
        new("bump-timeout", 'b', null, "count as checked just now"),
        new("start-checker", null, null, "start a check now"),
        new("stop-checker", null, null, "stop the check that runs"),
        new("is-enabled", 'V', null, "exit with 0 only if the client is enabled"),
        new("remove", 'r', null, "remove from the server"),
        Of(ClientSetting.Checker, 'c', "COMMAND"),
        Of(ClientSetting.Timeout, 't'),
        Of(ClientSetting.ExtendedTimeout),
        Of(ClientSetting.Interval, 'i'),
        new("approve-by-default", null, null, "approve when nobody decides"),
        new("deny-by-default", null, null, "deny when nobody decides"),
        Of(ClientSetting.ApprovalDelay),
        Of(ClientSetting.ApprovalDuration),
        Of(ClientSetting.Host, 'H'),
        .. _extensions.Select(static setting => Of(setting)),
        new("secret", 's', "FILENAME", "set the secret, from a file or with - from standard input"),
        new("approve", 'A', null, "approve the request that waits"),
        new("deny", 'D', null, "deny the request that waits"),
        new("approve-request", null, "NUMBER", "approve one request that waits, and no other"),
        new("deny-request", null, "NUMBER", "deny one request that waits, and no other"),
        new("expect-reboot", null, "TIME", "expect a reboot for this long: the client is not disabled, and gets one secret"),
        new("for", null, "REASON", "with --expect-reboot: what the reboot is for"),
        new("no-approval", null, null, "with --expect-reboot: the secret needs no approval"),
        new("no-reboot", null, null, "expect no reboot any more"),
        new("rehearse", null, null, "report the next request as a rehearsal of the client's boot"),
        new("valid", null, "TIME", "with --rehearse: for how long, if not for ten minutes; with --invite: if not for an hour"),
        new("add", null, null, "add the clients in files, or in what standard input has, to clients.d"),
        new("rotate", null, null, "give clients next keys, from files or standard input, beside their present ones"),
        new("promote", null, null, "have the next key take the place of the present one now"),
        new("tidy", null, null, "leave the promoted key alone in the files of clients"),
        new("dry-run", null, null, "with --add, --accept or --rotate: show what would be written, and write nothing"),
        new("also", null, "SERVER,...", "with --add or --accept: do the same on other servers, which ssh reaches by these names"),
        new("invite", null, "NAME", "invite a machine to become a client, and show the command for it once"),
        new("address", null, "HOST", "with --invite: where the machine reaches this server, if not at an address of its own"),
        new("invitations", null, null, "show who is invited, and what has arrived"),
        new("accept", null, "NAME", "add the invited client that has arrived to clients.d"),
        new("reject", null, "NAME", "end an invitation, and forget what has arrived"),
        new("purge", null, null, "remove from the server, and its file from clients.d"),
        new("configdir", null, "DIRECTORY", "where the server has its files, if not in /etc/mandos"),
        new("reload", null, null, "have the server read the files of its clients again"),
        new("tokens", null, null, "show the tokens of the web API"),
        new("add-token", null, "NAME", "make a token of the web API, and show it once"),
        new("scope", null, "read|approve|admin", "what the new token allows"),
        new("revoke-token", null, "NAME", "revoke a token of the web API"),
        new("socket", null, "PATH", "use the server by the socket of its web API, not by D-Bus"),
        new("debug", null, null, "show the calls to the server"),
        new("check", null, null, "run the self-test"),
    ];

    /// <summary>Those that Debian's mandos-ctl does not have: they make no abbreviation of its options ambiguous.</summary>
    public static IReadOnlyList<string> Own { get; } =
    [
        "names", "requests", "unknown", "unproven", "rotation", "servers", "approve-request", "deny-request", "expect-reboot", "for", "no-approval", "no-reboot",
        "rehearse", "valid", "add", "rotate", "promote", "tidy", "dry-run", "also", "invite", "address", "invitations", "accept", "reject",
        "purge", "configdir", "reload", "tokens", "add-token", "scope", "revoke-token", "socket",
        .. _extensions.Select(static setting => setting.CtlName()),
    ];

    /// <summary>The options that exclude each other.</summary>
    public static IReadOnlyList<(string First, string Second)> Opposites { get; } =
    [
        ("enable", "disable"), ("start-checker", "stop-checker"), ("approve-by-default", "deny-by-default"), ("approve", "deny"),
        ("approve-request", "deny-request"), ("expect-reboot", "no-reboot"),
    ];

    private static CtlOption Of(ClientSetting setting, char? letter = null, string? value = null)
        => new(setting.CtlName(), letter, value ?? SettingOption.Placeholder(setting), $"set {setting.Description}");
}
