using System.Reflection;
using Mandos.Abstractions.Control;
using Mandos.Notify;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;
using Notify.Tests.Support;

namespace Notify.Tests;

public sealed class SettingsTests : IAsyncDisposable
{
    private readonly Rig _rig = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public void Read_EveryKindOfTarget_GivesIt()
    {
        _rig.With("link_url", "https://mandos.example.org/link/").With("server_name", "cellar")
            .With("webhook.a.url", "https://example.org/hook").With("webhook.a.secret_file", "/etc/mandos/key")
            .With("ntfy.b.url", "https://ntfy.example.org/some/topic").With("ntfy.b.token_credential", "ntfy")
            .With("matrix.c.url", "https://matrix.example.org").With("matrix.c.room", "!x:example.org").With("matrix.c.token_file", "/t")
            .With("telegram.d.chat", "-100123").With("telegram.d.token_file", "/t")
            .With("gotify.e.url", "https://gotify.example.org/below").With("gotify.e.token_file", "/t")
            .With("mail.f.host", "mail.example.org").With("mail.f.from", "m@example.org").With("mail.f.to", "a@example.org")
            .With("mail.g.host", "localhost").With("mail.g.security", "none").With("mail.g.port", "2525").With("mail.g.from", "m@example.org")
            .With("mail.g.to.2", "b@example.org").With("mail.g.to.1", "a@example.org")
            .With("exec.h.command.1", "/bin/true").With("exec.h.command.2", "--x").With("exec.h.events.1", "disabled").With("exec.h.clients.1", "web*");

        NotifySettings settings = Read();

        Assert.Equal(("cellar", "https://mandos.example.org/link"), (settings.ServerName, settings.LinkUrl));
        Assert.Equal(
            ["webhook a", "ntfy b", "matrix c", "telegram d", "gotify e", "mail f", "mail g", "exec h"], settings.Targets.Select(target => target.Scope.Name));
        var ntfy = Assert.IsType<NtfySettings>(settings.Targets[1]);
        Assert.Equal(("https://ntfy.example.org/some/", "topic", "ntfy"), (ntfy.Url.AbsoluteUri, ntfy.Topic, ntfy.Token!.Credential));
        Assert.Equal("https://api.telegram.org/", Assert.IsType<TelegramSettings>(settings.Targets[3]).Url.AbsoluteUri);
        Assert.Equal((587, MailSecurity.StartTls), Assert.IsType<MailSettings>(settings.Targets[5]) is var mail ? (mail.Port, mail.Security) : default);
        Assert.Equal(["a@example.org", "b@example.org"], Assert.IsType<MailSettings>(settings.Targets[6]).To);
        Assert.Equal(["/bin/true", "--x"], Assert.IsType<ExecSettings>(settings.Targets[7]).Command);
        Assert.True(settings.Targets[0].Scope.Wants(EventKind.NeedApproval, "any"));
        Assert.False(settings.Targets[0].Scope.Wants(EventKind.Enabled, "any"));
        TargetScope some = settings.Targets[7].Scope;
        Assert.Equal(
            [true, false, false, true],
            new[] { some.Wants(EventKind.Disabled, "web1"), some.Wants(EventKind.Disabled, "db1"), some.Wants(EventKind.GotSecret, "web1"), some.Wants(EventKind.EventsLost, null) });
    }

    [Fact]
    public void Read_Mistakes_AreAllToldWithTheirSettings()
    {
        _rig.With("link_url", "http://mandos.example.org/")
            .With("webhook.a.url", "ftp://x").With("webhook.a.secret_file", "key").With("webhook.a.events.1", "disabled").With("webhook.a.events.2", "nonsense")
            .With("ntfy.b.url", "https://ntfy.example.org/").With("ntfy.b.token_file", "/t").With("ntfy.b.token_credential", "t")
            .With("matrix.c.url", "https://user:hunter2@matrix.example.org").With("matrix.c.room", "#alias:example.org")
            .With("mail.d.host", "mail.example.org").With("mail.d.security", "none").With("mail.d.port", "70000").With("mail.d.user", "u").With("mail.d.from", "nobody")
            .With("exec.e.command", "notify-send");

        IReadOnlyList<(string Setting, string Message)> refused = _rig.Refused();

        Assert.Equal(
            [
                "link_url", "webhook.a.events.2", "webhook.a.url", "webhook.a.secret_file", "ntfy.b.url", "ntfy.b.token_credential", "matrix.c.room",
                "matrix.c.url", "matrix.c.token_file", "mail.d.security", "mail.d.user", "mail.d.password_file", "mail.d.to", "mail.d.from", "mail.d.port",
                "exec.e.command",
            ],
            refused.Select(one => one.Setting));
        Assert.DoesNotContain(refused, one => one.Message.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_NoTargets_IsNoMistake() => Assert.Empty(Read().Targets);

    /// <summary>The server refuses what the attribute does not list, so each of these is read, and nothing else is.</summary>
    [Fact]
    public void Attribute_Settings_AreThoseThatAreRead()
    {
        var attribute = typeof(NotifySurface).GetCustomAttribute<ExportControlSurfaceAttribute>()!;
        var asked = new Recorder();

        // Whatever is read is asked for by its name.
        foreach (string kind in attribute.Settings.Select(name => name.Split('.')[0]).Where(kind => !kind.Contains('_', StringComparison.Ordinal)).Distinct())
        {
            asked.Add($"{kind}.x.nothing");
        }

        Assert.ThrowsAny<Exception>(() => NotifySettings.Read(asked));
        Assert.True(attribute.OnlyIfChosen);
        Assert.Equal(
            attribute.Settings.Where(name => !name.EndsWith(".*", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            asked.Asked.Select(name => name.Replace(".x.", ".*.", StringComparison.Ordinal)).Where(name => name != "exec.*.root_certificate")
                .Distinct().Order(StringComparer.Ordinal));
    }

    private NotifySettings Read() => NotifySettings.Read((IReadOnlyDictionary<string, string>)_rig.Context.Settings);

    private sealed class Recorder : IReadOnlyDictionary<string, string>
    {
        private readonly Dictionary<string, string> _settings = [];

        public HashSet<string> Asked { get; } = [];

        public IEnumerable<string> Keys => _settings.Keys;

        public IEnumerable<string> Values => _settings.Values;

        public int Count => _settings.Count;

        public string this[string key] => _settings[key];

        public void Add(string key) => _settings.Add(key, "");

        public bool ContainsKey(string key) => _settings.ContainsKey(key);

        public bool TryGetValue(string key, out string value)
        {
            Asked.Add(key);
            value = "";
            return false;
        }

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _settings.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
