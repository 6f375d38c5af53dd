using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerFping.Expansion;

namespace CheckerFping.Tests.Expansion;

public sealed class CommandTemplateTests
{
    private static readonly ClientSnapshot _client = new()
    {
        Name = "a client",
        Settings = new()
        {
            KeyId = "ABCD",
            Host = "it's",
            Timeout = TimeSpan.FromDays(1),
            ApprovalDelay = TimeSpan.FromSeconds(7),
            ApprovalDuration = TimeSpan.FromDays(15),
        },
        Created = DateTimeOffset.UnixEpoch,
        Enabled = true,
        LastEnabled = DateTimeOffset.UnixEpoch.AddSeconds(1),
        Expires = DateTimeOffset.UnixEpoch.AddSeconds(2),
        LastCheckedOk = DateTimeOffset.UnixEpoch.AddSeconds(3),
    };

    [Theory]
    [InlineData("approval_delay", "0:00:07")]
    [InlineData("approval_duration", "'15 days, 0:00:00'")]
    [InlineData("created", "'1970-01-01 00:00:00'")]
    [InlineData("dbus_object_path", "/clients/a_20client")]
    [InlineData("enabled", "True")]
    [InlineData("expires", "'1970-01-01 00:00:02'")]
    [InlineData("fingerprint", "''")]
    [InlineData("host", "'it'\"'\"'s'")]
    [InlineData("interval", "0:02:00")]
    [InlineData("key_id", "ABCD")]
    [InlineData("last_approval_request", "None")]
    [InlineData("last_checked_ok", "'1970-01-01 00:00:03'")]
    [InlineData("last_enabled", "'1970-01-01 00:00:01'")]
    [InlineData("name", "'a client'")]
    [InlineData("timeout", "'1 day, 0:00:00'")]
    public void Expand_Name_GivesQuotedValue(string name, string expected)
    {
        Assert.Equal($"x {expected} y", Expand($"x %({name})s y"));
        Assert.Contains(name, ClientValues.Names, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("100%%", "100%")]
    [InlineData("%%(name)s", "%(name)s")]
    [InlineData("%%%(key_id)s%%", "%ABCD%")]
    [InlineData("%(key_id)6s|%(key_id)-6s|%(key_id).2s|%(key_id).s|", "  ABCD|ABCD  |AB||")]
    [InlineData("%(key_id)r %(key_id)a", "'ABCD' 'ABCD'")]
    public void Expand_PythonForms_AreUnderstood(string template, string expected) => Assert.Equal(expected, Expand(template));

    [Theory]
    [InlineData("50%", 3)]
    [InlineData("%", 1)]
    [InlineData("a %s", 3)]
    [InlineData("%(hots)s", 1)]
    [InlineData("%(host)d", 1)]
    [InlineData("%(host", 1)]
    [InlineData("%(host)*s", 1)]
    [InlineData("%(host)\u0001s", 1)]
    [InlineData("%(a\nb)s", 1)]
    public void Expand_Malformed_SaysWhereOnOneLine(string template, int position)
    {
        string message = Assert.Throws<CheckPreparationException>(() => Expand(template)).Message;

        Assert.StartsWith($"checker: character {position}, \"%", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Fact]
    public void Expand_UnknownName_ListsTheNames()
    {
        string message = Assert.Throws<CheckPreparationException>(() => Expand("%(hots)s")).Message;

        Assert.Contains(ClientValues.Names, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%(host)r")]
    [InlineData("%(host)a")]
    [InlineData("%(host).3s")]
    [InlineData("%(key_id).3r")]
    public void Expand_WouldBreakQuotes_Throws(string template)
        => Assert.Throws<CheckPreparationException>(() => Expand(template));

    [Theory]
    [InlineData("%(key_id)131071s", true)]
    [InlineData("%(key_id)131072s", false)]
    [InlineData("%(key_id)99999999999999999999s", false)]
    [InlineData("%(key_id)131071s%(key_id)1s", false)]
    [InlineData("%(key_id)131070sé", false)]
    public void Expand_Length_IsLimitedToWhatExecTakes(string template, bool fits)
    {
        if (fits)
        {
            Assert.Equal(CommandTemplate.MaxBytes, Expand(template).Length);
        }
        else
        {
            Assert.Throws<CheckPreparationException>(() => Expand(template));
        }
    }

    [Fact]
    public void Expand_NotPassableToAProgram_Throws()
    {
        Assert.Throws<CheckPreparationException>(() => Expand("a\0b"));
        Assert.Throws<CheckPreparationException>(() => Expand("a\ud800b"));
    }

    private static string Expand(string template)
        => CommandTemplate.Expand(_client with { Settings = _client.Settings with { Checker = template } });
}
