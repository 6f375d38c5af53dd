using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;

namespace Mandos.PluginContracts.Samples;

/// <summary>Clients to feed to plugins: always the same ones for the same numbers.</summary>
public static class SampleClients
{
    private static readonly DateTimeOffset _start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The settings of an ordinary client.</summary>
    /// <param name="number">Which client; other numbers give other keys and hosts.</param>
    public static ClientSettings Settings(int number) => new()
    {
        KeyId = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Name(number)))),
        Host = "127.0.0.1",
    };

    /// <summary>An ordinary, enabled client.</summary>
    /// <param name="number">Which client.</param>
    public static ClientSnapshot Snapshot(int number) => new()
    {
        Name = Name(number),
        Settings = Settings(number),
        Created = _start,
        Enabled = true,
        LastEnabled = _start.AddTicks(number),
        Expires = _start.AddMinutes(5).AddTicks(number),
    };

    /// <summary>What a store keeps of an ordinary client.</summary>
    /// <param name="number">Which client.</param>
    public static StoredClient Stored(int number) => new()
    {
        Name = Name(number),
        FileSettings = Settings(number),
        FileEnabled = true,
        SavedAt = _start.AddSeconds(1).AddTicks(number),
        Client = Snapshot(number),
    };

    /// <summary>What a store keeps of a client that was removed at run time and has left the files since.</summary>
    /// <param name="number">Which client.</param>
    public static StoredClient Removed(int number) => Stored(number) with { Client = null, LeftAt = _start.AddTicks(-number) };

    /// <summary>
    /// What a store keeps of a client with a value other than the default one, and other than its neighbours', in every place.
    /// </summary>
    /// <param name="number">Which client.</param>
    public static StoredClient Unusual(int number) => new()
    {
        Name = $"{Name(number)} [%(x)s] 'Ünï' ☃ \U0001F600 \"; DROP TABLE client; --",
        FileEnabled = false,
        FileSettings = UnusualSettings(number, 1),
        EncryptedSecret = Bytes(number, 1000),
        SavedAt = _start.AddTicks(4),
        LeftAt = _start.AddTicks(5),
        DeniedUntil = DateTimeOffset.MaxValue.AddTicks(-1),
        Proof = Bytes(number, 48),
        TrialProof = Bytes(number, 47),
        Client = new ClientSnapshot
        {
            Name = $"{Name(number)} [%(x)s] 'Ünï' ☃ \U0001F600 \"; DROP TABLE client; --",
            Settings = UnusualSettings(number, 2),
            Created = DateTimeOffset.UnixEpoch.AddTicks(7),
            Enabled = false,
            LastEnabled = _start.AddTicks(1),
            Expires = DateTimeOffset.MaxValue,
            LastCheckedOk = _start.AddTicks(3),
            LastCheckerStatus = 255,
            LastApprovalRequest = DateTimeOffset.MinValue,
            ExpectedReboot = new ExpectedReboot(_start.AddTicks(6)) { Reason = "Ünï ☃ 'x' \U0001F600", NeedsNoApproval = true },
            RehearsalUntil = _start.AddTicks(8),
            ProvenAt = _start.AddTicks(9),
            Rotation = new KeyRotation
            {
                NextKeyId = new string('9', 64),
                TriedAt = _start.AddTicks(10),
                RetiredKeyId = new string('8', 64),
                PromotedAt = _start.AddTicks(11),
            },
        },
    };

    /// <summary>What a store keeps of a client that a command added, with values other than the default ones in every place.</summary>
    /// <param name="number">Which client.</param>
    public static StoredClient Added(int number)
    {
        StoredClient unusual = Unusual(number);
        var options = new Dictionary<string, string>
        {
            ["port"] = "8080", ["text"] = "Ünï ☃ \U0001F600 \"'\n\0", ["empty"] = "", [""] = "without a name",
        };
        return unusual with
        {
            LeftAt = null,
            FileSettings = With(unusual.FileSettings),
            Client = unusual.Client! with { Origin = ClientOrigin.Command, Settings = With(unusual.Client.Settings) },
        };

        ClientSettings With(ClientSettings settings) => settings with { ApproveAll = true, Options = options };
    }

    /// <summary>A client on the loopback address, which the shell checker takes long to check.</summary>
    public static ClientSnapshot SlowToCheck() => Snapshot(0) with { Settings = Settings(0) with { Checker = "sleep 600" } };

    /// <summary>Clients with settings that are allowed but that nobody should have.</summary>
    public static IReadOnlyList<ClientSnapshot> Odd()
    {
        ClientSnapshot ordinary = Snapshot(0);
        return
        [
            With(ordinary.Settings with { Host = "" }),
            With(ordinary.Settings with { Host = "-x; $(exit 1) `exit 1` 'x' \"y\"\n\\" }),
            With(ordinary.Settings with { Host = new string('h', 100_000) }),
            With(ordinary.Settings with { Host = "Ünï ☃ \U0001F600" }),
            With(ordinary.Settings with { Checker = "" }),
            With(ordinary.Settings with { Checker = "%(nosuch)s %" }),
            With(ordinary.Settings with { KeyId = null, Fingerprint = new string('A', 40) }),
            With(ordinary.Settings with { Interval = TimeSpan.FromTicks(1), Timeout = TimeSpan.Zero }),
            With(ordinary.Settings with { Interval = TimeSpan.MaxValue, Timeout = TimeSpan.MaxValue }),
            With(
                ordinary.Settings with { Options = new Dictionary<string, string> { ["port"] = "-1", [""] = "", ["x"] = "\0" } }),
            ordinary with { Name = "" },
            ordinary with { Name = "a/b\n../\u202e☃" },
            ordinary with { Enabled = false, Expires = null, LastEnabled = null },
        ];

        ClientSnapshot With(ClientSettings settings) => ordinary with { Settings = settings };
    }

    /// <summary>Every value of a byte from <paramref name="first"/> on, over and over.</summary>
    private static byte[] Bytes(int first, int count) => [.. Enumerable.Range(first, count).Select(value => (byte)value)];

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"client-{number}.example.org");

    private static ClientSettings UnusualSettings(int number, int variant)
    {
        ClientSettings settings = new()
        {
            KeyId = variant == 1 ? null : Settings(number).KeyId,
            Fingerprint = Convert.ToHexString(Bytes(number + variant, 20)),
            CheckerPlugin = $"plugin {variant}",
        };
        foreach (ClientSetting setting in ClientSetting.All)
        {
            settings = setting switch
            {
                ClientSetting<string> text => text.Set(settings, UnusualText(text, variant)),
                ClientSetting<TimeSpan> duration => duration.Set(settings, UnusualDuration(duration, variant)),
                ClientSetting<bool> flag => flag.Set(settings, flag.Default == (variant == 1)),
                _ => throw new NotSupportedException($"there is no sample of {setting}"),
            };
        }

        return settings;
    }

    private static string UnusualText(ClientSetting<string> setting, int variant) => setting == ClientSetting.Checker
        ? $"printf '%%s\\n' {variant}\nexit 1"
        : setting.Choices.Count > 0 ? setting.Choices[^variant]
        : $"{setting.OptionName} {variant} ☃";

    private static TimeSpan UnusualDuration(ClientSetting<TimeSpan> setting, int variant) => setting.Name switch
    {
        nameof(ClientSetting.Interval) => TimeSpan.FromTicks(10 + variant),
        nameof(ClientSetting.Timeout) => TimeSpan.FromTicks(20 + variant),
        nameof(ClientSetting.ExtendedTimeout) => TimeSpan.FromTicks(30 + variant),
        nameof(ClientSetting.ApprovalDelay) => TimeSpan.MaxValue,
        nameof(ClientSetting.ApprovalDuration) => TimeSpan.FromTicks(40 + variant),
        _ => TimeSpan.FromTicks(100 + variant),
    };
}
