using Mandos.Abstractions.Plugins;

namespace Mandos.Notify.Settings;

/// <summary>What <c>plugins.yaml</c> says of this plugin.</summary>
/// <param name="ServerName">What messages call the server.</param>
/// <param name="LinkUrl">The address before the token of a link, without a slash at its end; null for no links.</param>
/// <param name="Targets">Who is told.</param>
internal sealed record NotifySettings(string ServerName, string? LinkUrl, IReadOnlyList<TargetSettings> Targets)
{
    private static readonly Dictionary<string, Func<TargetReader, TargetSettings>> _kinds = new(StringComparer.Ordinal)
    {
        [SettingNames.Webhook] = TargetKinds.Webhook,
        [SettingNames.Ntfy] = TargetKinds.Ntfy,
        [SettingNames.Matrix] = TargetKinds.Matrix,
        [SettingNames.Telegram] = TargetKinds.Telegram,
        [SettingNames.Gotify] = TargetKinds.Gotify,
        [SettingNames.Mail] = TargetKinds.Mail,
        [SettingNames.Exec] = TargetKinds.Exec,
    };

    /// <summary>Reads them.</summary>
    /// <exception cref="PluginSettingException">Some are wrong: <see cref="PluginSettingException.Others"/> has all but the first.</exception>
    public static NotifySettings Read(IReadOnlyDictionary<string, string> settings)
    {
        List<PluginSettingException> problems = [];
        string? linkUrl = settings.GetValueOrDefault(SettingNames.LinkUrl);
        if (linkUrl is not null && (WebAddress.FindFault(linkUrl, out Uri url) ?? (url.Query.Length > 0 ? "has a ? in it" : null)) is { } fault)
        {
            problems.Add(new PluginSettingException(SettingNames.LinkUrl, $"{fault}; write such as https://mandos.example.org/link"));
        }

        string serverName = settings.GetValueOrDefault(SettingNames.ServerName) ?? Environment.MachineName;
        if (serverName.Length == 0 || serverName.Any(char.IsControl))
        {
            problems.Add(new PluginSettingException(SettingNames.ServerName, "is empty, or has control characters"));
        }

        TargetSettings[] targets =
        [
            .. settings.Keys.Select(static key => key.Split('.')).Where(static parts => parts.Length > 2).Select(static parts => (Kind: parts[0], Name: parts[1]))
                .Distinct().Where(static target => _kinds.ContainsKey(target.Kind))
                .Select(target => _kinds[target.Kind](new TargetReader(target.Kind, target.Name, settings, problems))),
        ];
        return problems.Count == 0
            ? new NotifySettings(serverName, linkUrl?.TrimEnd('/'), targets)
            : throw new PluginSettingException(problems[0].Setting, problems[0].Message) { Others = problems[1..] };
    }
}
