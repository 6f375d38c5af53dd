using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Host.Transfer;

namespace Mandos.Host.Tests.Transfer;

public sealed class StateFileTests
{
    private const string KeyId = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";

    private static readonly ClientSettings _settings = new()
    {
        KeyId = KeyId,
        Fingerprint = KeyId[..40],
        Host = "höst \"\\\n€😀",
        Checker = "check",
        CheckerPlugin = "ssh",
        Interval = TimeSpan.FromTicks(1),
        Timeout = TimeSpan.MaxValue,
        ExtendedTimeout = TimeSpan.Zero,
        ApprovalDelay = TimeSpan.FromDays(400.5),
        ApprovalDuration = TimeSpan.FromMilliseconds(1),
        ApprovedByDefault = false,
        Location = "räck 3",
    };

    private static readonly DateTimeOffset _time = new(2026, 11, 30, 8, 41, 7, TimeSpan.Zero);

    private static readonly StoredClient _enabled = new()
    {
        Name = "enabled",
        FileEnabled = true,
        FileSettings = _settings,
        SavedAt = _time,
        EncryptedSecret = new byte[] { 0, 1, 255 },
        Client = new ClientSnapshot
        {
            Name = "enabled",
            Settings = _settings with { Host = "other" },
            Created = _time.AddTicks(1),
            Enabled = true,
            LastEnabled = _time.AddTicks(2),
            Expires = _time.AddTicks(3),
            LastCheckedOk = _time.AddTicks(4),
            LastCheckerStatus = 7,
            LastApprovalRequest = DateTimeOffset.MaxValue,
        },
    };

    private static readonly StoredClient[] _all =
    [
        _enabled,
        _enabled with
        {
            Name = "added",
            Client = _enabled.Client! with
            {
                Name = "added", Origin = ClientOrigin.Command,
                Settings = _settings with { ApproveAll = true, Options = new Dictionary<string, string> { ["ssh_user"] = "ü" } },
            },
            FileSettings = _settings with { ApproveAll = true, Options = new Dictionary<string, string> { ["ssh_user"] = "ü" } },
        },
        _enabled with
        {
            Name = "booting",
            Client = _enabled.Client! with
            {
                Name = "booting",
                ExpectedReboot = new ExpectedReboot(_time.AddHours(2)) { Reason = "ü \"", NeedsNoApproval = true },
                RehearsalUntil = _time.AddHours(3),
                ProvenAt = _time.AddTicks(5),
                Rotation = new KeyRotation { NextKeyId = KeyId, TriedAt = _time.AddTicks(6), RetiredKeyId = KeyId[..40], PromotedAt = _time.AddTicks(7) },
            },
            TrialProof = new byte[] { 1, 2, 3 },
        },
        _enabled with { Name = "denied", DeniedUntil = _time.AddHours(1), Client = _enabled.Client! with { Name = "denied" } },
        new()
        {
            Name = "disabled",
            FileEnabled = false,
            FileSettings = new ClientSettings { Fingerprint = KeyId[..40] },
            Client = new ClientSnapshot { Name = "disabled", Settings = new ClientSettings(), Created = DateTimeOffset.MinValue },
        },
        new()
        {
            Name = $"disabled\n{KeyId} {KeyId[..40]}",
            FileEnabled = true,
            FileSettings = _settings,
            LeftAt = _time.AddDays(-1),
            Client = new ClientSnapshot { Name = $"disabled\n{KeyId} {KeyId[..40]}", Settings = _settings, Created = _time },
        },
        new() { Name = "removed", FileEnabled = true, FileSettings = _settings, LeftAt = _time, SavedAt = _time, Client = null },
    ];

    private const string Minimal =
        """
        {
          "format": "mandos-state",
          "version": 1,
          "written": "2026-11-30T08:41:07+00:00",
          "clients": [
            {
              "name": "a",
              "removed": false,
              "state": {
                "enabled": false,
                "created": "2026-11-30T08:41:07+01:00",
                "last_checker_status": -2,
                "settings": { "timeout": "00:05:00" }
              },
              "file": { "enabled": true, "settings": {} }
            }
          ]
        }
        """;

    [Fact]
    public void Read_OfWhatWasWritten_IsTheSame()
    {
        using var text = new MemoryStream();
        StateFile.Write(_all.Reverse(), _time, text);

        IReadOnlyList<StoredClient> read = StateFile.Read(text.ToArray());

        Assert.Equal(_all.Length, read.Count);
        foreach ((StoredClient expected, StoredClient actual) in _all.OrderBy(static client => client.Name, StringComparer.Ordinal).Zip(read))
        {
            Assert.Equal(expected.EncryptedSecret.ToArray(), actual.EncryptedSecret.ToArray());
            Assert.Equal(expected.TrialProof.ToArray(), actual.TrialProof.ToArray());
            Assert.Equal(expected.FileSettings.Options, actual.FileSettings.Options);
            Assert.Equal(expected.Client?.Settings.Options ?? expected.FileSettings.Options, actual.Client?.Settings.Options ?? actual.FileSettings.Options);
            Assert.Equal(Comparable(expected), Comparable(actual));
        }
    }

    [Fact]
    public void Read_WhatCanBeLeftOut_HasItsDefault()
    {
        StoredClient client = Assert.Single(StateFile.Read(Encoding.UTF8.GetBytes(Minimal)));

        Assert.Equal(new ClientSettings(), client.FileSettings);
        Assert.Equal(_time.AddHours(-1), client.Client!.Created);
        Assert.Equal(TimeSpan.FromMinutes(5), client.Client.Settings.Timeout);
        Assert.True(client.EncryptedSecret.IsEmpty);
        Assert.Null(client.LeftAt);
    }

    [Theory]
    [InlineData("mandos-state", "other", "it is no exported state: its “format” is not “mandos-state”")]
    [InlineData("\"version\": 1", "\"version\": 2, \"new\": [[]]", "it is of version 2, and this server reads version 1")]
    [InlineData("\"version\": 1", "\"version\": null", "it is of version , and this server reads version 1")]
    [InlineData("\"removed\": false", "\"removed\": true", "clients[0] (“a”): it is removed, and so has no state")]
    [InlineData("\"name\": \"a\"", "\"name\": \"a\\nb\"", "clients[0] (“a\\nb”): has a line break in its name, which is not allowed")]
    [InlineData("\"name\": \"a\"", "\"name\": \"\"", "clients[0] (“”): has no name")]
    [InlineData("\"name\": \"a\"", "\"name\": \"a\", \"former_keys\": \"x\"", "clients[0] (“a”): former_keys has to be keys of 40 or 64 hexadecimal digits in upper case")]
    [InlineData("-2", "256", "clients[0] (“a”): last_checker_status has to be -2 to 255")]
    [InlineData("00:05:00", "5m", "clients[0] (“a”): state.settings: timeout has to be a duration such as 00:05:00 or 1.12:00:00 (days, hours, minutes, seconds)")]
    [InlineData("00:05:00", "-00:05:00", "clients[0] (“a”): state.settings: timeout must not be negative")]
    [InlineData("\"timeout\": \"00:05:00\"", "\"timeout\": 5", "clients[0] (“a”): state.settings: timeout has to be a text")]
    [InlineData("\"timeout\": \"00:05:00\"", "\"interval\": \"00:00:00\"", "clients[0] (“a”): state.settings: interval must be more than zero")]
    [InlineData("\"timeout\": \"00:05:00\"", "\"approved_by_default\": \"yes\"", "clients[0] (“a”): state.settings: approved_by_default has to be true or false")]
    [InlineData("\"timeout\": \"00:05:00\"", "\"no_such\": 1", "clients[0] (“a”): state.settings: no_such is no setting that this server knows")]
    [InlineData("\"timeout\": \"00:05:00\"", "\"key_id\": \"00\"", "clients[0] (“a”): state.settings: key_id has to be 64 hexadecimal digits in upper case")]
    [InlineData("\"timeout\": \"00:05:00\"", "\"options\": {\"x\": 1}", "clients[0] (“a”): state.settings: options: x has to be a text")]
    [InlineData("\"last_checker_status\": -2,", "\"last_checker_status\": -2, \"expires\": \"2026-11-30T08:41:07Z\",", "clients[0] (“a”): it is disabled, and so does not expire")]
    public void Read_WhatDoesNotFit_IsSaidInOneLine(string good, string bad, string expected) => Assert.Equal(expected, Fail(Minimal.Replace(good, bad, StringComparison.Ordinal)));

    [Theory]
    [InlineData("\"enabled\": false", "\"enabled\": \"no\"", "line 10, clients[0].state.enabled: ")]
    [InlineData("\"enabled\": false", "\"enabled\": false, \"enabled\": true", "line 10, ")]
    [InlineData("\"enabled\": false,", "", "line ")]
    [InlineData("\"removed\": false", "\"removed\": false, \"extra\": 1", "line 8, ")]
    [InlineData("2026-11-30T08:41:07+01:00", "yesterday", "line 11, clients[0].state.created: ")]
    [InlineData("\"settings\": {}", "\"settings\": {}, \"encrypted_secret\": \"*\"", "line 15, ")]
    [InlineData("\"settings\": {}", "\"settings\": null", "line 15, ")]
    [InlineData("\"a\"", "\"\\ud800\"", "line 7, ")]
    [InlineData("-2", "3000000000", "line 12, ")]
    [InlineData("{}", "{\"options\": {\"x\": [[[[[[]]]]]]}}", "line 15, ")]
    [InlineData("]\n}", "", "line ")]
    public void Read_WhatIsNotTheFormat_IsSaidWithItsLine(string good, string bad, string expected)
        => Assert.StartsWith(expected, Fail(Minimal.ReplaceLineEndings("\n").Replace(good, bad, StringComparison.Ordinal)), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\0")]
    [InlineData("\ud800")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public void Read_SomethingElse_IsRefused(string text) => Fail(text);

    [Fact]
    public void Read_ClientTwice_IsRefused()
    {
        string client = Minimal[Minimal.IndexOf("    {", StringComparison.Ordinal)..(Minimal.LastIndexOf("    }", StringComparison.Ordinal) + 5)];

        Assert.Equal("clients[1] (“a”): it is there twice", Fail(Minimal.Replace(client, $"{client},\n{client}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_AnyByteReplaced_IsReadOrRefusedInOneLine()
    {
        byte[] text = Encoding.UTF8.GetBytes(Minimal);
        foreach (byte replacement in (byte[])[0, (byte)'"', (byte)'\\', (byte)'{', (byte)']', (byte)'9', 0xFF])
        {
            for (int i = 0; i < text.Length; i++)
            {
                byte[] changed = [.. text];
                changed[i] = replacement;
                try
                {
                    StateFile.Read(changed);
                }
                catch (FormatException e)
                {
                    Assert.DoesNotContain('\n', e.Message);
                }
            }
        }
    }

    private static StoredClient Comparable(StoredClient client) => client with
    {
        EncryptedSecret = default,
        TrialProof = default,
        FileSettings = client.FileSettings with { Options = new ClientSettings().Options },
        Client = client.Client is { } state
            ? state with { Settings = state.Settings with { Options = new ClientSettings().Options }, Requests = [] }
            : null,
    };

    private static string Fail(string text)
    {
        string message = Assert.Throws<FormatException>(() => StateFile.Read(Encoding.UTF8.GetBytes(text))).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
