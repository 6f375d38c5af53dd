using CsCheck;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;

namespace StateSqlite.Tests;

/// <summary>Generators of clients with any values.</summary>
internal static class RandomClients
{
    private static readonly Gen<string?> _optionalText = Gen.String.Null();
    private static readonly Gen<TimeSpan> _duration = Gen.Long[0, long.MaxValue].Select(ticks => new TimeSpan(ticks));
    private static readonly Gen<DateTimeOffset> _time =
        Gen.Long[0, DateTimeOffset.MaxValue.Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    private static readonly Gen<DateTimeOffset?> _optionalTime =
        Gen.Select(Gen.Bool, _time, (none, time) => none ? null : (DateTimeOffset?)time);

    private static readonly Gen<ClientSettings> _settings = Gen.Select(
        _optionalText.Array[3],
        Gen.String.Array[ClientSetting.All.Count],
        _duration.Array[ClientSetting.All.Count],
        Gen.Bool.Array[ClientSetting.All.Count],
        static (optional, texts, durations, flags) => ClientSetting.All.Index().Aggregate(
            new ClientSettings { KeyId = optional[0], Fingerprint = optional[1], CheckerPlugin = optional[2] },
            (settings, next) => next.Item switch
            {
                ClientSetting<string> text => text.Set(settings, texts[next.Index]),
                ClientSetting<TimeSpan> duration => duration.Set(settings, durations[next.Index]),
                ClientSetting<bool> flag => flag.Set(settings, flags[next.Index]),
                _ => throw new NotSupportedException(),
            }));

    private static readonly Gen<ClientSnapshot> _snapshot = Gen.Select(
        _settings,
        _time,
        Gen.Bool,
        _optionalTime.Array[7],
        Gen.Int[-2, 255],
        Gen.Select(_optionalText, Gen.Bool, Gen.Select(_optionalText, _optionalText, _optionalTime, _optionalTime)),
        (settings, created, enabled, times, status, reboot) => new ClientSnapshot
        {
            Name = "",
            Settings = settings,
            Created = created,
            Enabled = enabled,
            LastEnabled = times[0],
            Expires = times[1],
            LastCheckedOk = times[2],
            LastApprovalRequest = times[3],
            LastCheckerStatus = status,
            ExpectedReboot = times[4] is { } until ? new ExpectedReboot(until) { Reason = reboot.Item1, NeedsNoApproval = reboot.Item2 } : null,
            RehearsalUntil = times[5],
            ProvenAt = times[6],
            Rotation = reboot.Item3 is (null, null, _, _) ? null : new KeyRotation
            {
                NextKeyId = reboot.Item3.Item1,
                RetiredKeyId = reboot.Item3.Item2,
                TriedAt = reboot.Item3.Item3,
                PromotedAt = reboot.Item3.Item4,
            },
        });

    /// <summary>Clients with one of a few names, so that they replace each other.</summary>
    public static Gen<StoredClient> Any { get; } = Gen.Select(
        Gen.Int[0, 20],
        _settings,
        Gen.Bool,
        Gen.Select(_snapshot.Null(), _optionalTime.Array[3]),
        Gen.Byte.Array[0, 100].Array[3],
        (number, fileSettings, fileEnabled, state, bytes) => new StoredClient
        {
            Name = Name(number),
            FileSettings = fileSettings,
            FileEnabled = fileEnabled,
            Client = state.Item1 is { } client ? client with { Name = Name(number) } : null,
            SavedAt = state.Item2[0],
            LeftAt = state.Item2[1],
            DeniedUntil = state.Item2[2],
            EncryptedSecret = bytes[0],
            Proof = state.Item1 is null ? default : bytes[1],
            TrialProof = state.Item1 is null ? default : bytes[2],
        });

    /// <summary>Names of clients, some of which are there.</summary>
    public static Gen<string> Names { get; } = Gen.Int[0, 25].Select(Name);

    private static string Name(int number) => $"client {number}";
}
