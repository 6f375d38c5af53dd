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
        Gen.Select(_optionalText, _optionalText, Gen.String, Gen.String, _optionalText),
        _duration.Array[5],
        Gen.Bool,
        (texts, durations, approved) => new ClientSettings
        {
            KeyId = texts.Item1,
            Fingerprint = texts.Item2,
            Host = texts.Item3,
            Checker = texts.Item4,
            CheckerPlugin = texts.Item5,
            Interval = durations[0],
            Timeout = durations[1],
            ExtendedTimeout = durations[2],
            ApprovalDelay = durations[3],
            ApprovalDuration = durations[4],
            ApprovedByDefault = approved,
        });

    private static readonly Gen<ClientSnapshot> _snapshot = Gen.Select(
        _settings,
        _time,
        Gen.Bool,
        _optionalTime.Array[4],
        Gen.Int[-2, 255],
        (settings, created, enabled, times, status) => new ClientSnapshot
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
        });

    /// <summary>Clients with one of a few names, so that they replace each other.</summary>
    public static Gen<StoredClient> Any { get; } = Gen.Select(
        Gen.Int[0, 20],
        _settings,
        Gen.Bool,
        Gen.Select(_snapshot.Null(), _optionalTime.Array[3]),
        Gen.Byte.Array[0, 100],
        (number, fileSettings, fileEnabled, state, secret) => new StoredClient
        {
            Name = Name(number),
            FileSettings = fileSettings,
            FileEnabled = fileEnabled,
            Client = state.Item1 is { } client ? client with { Name = Name(number) } : null,
            SavedAt = state.Item2[0],
            LeftAt = state.Item2[1],
            DeniedUntil = state.Item2[2],
            EncryptedSecret = secret,
        });

    /// <summary>Names of clients, some of which are there.</summary>
    public static Gen<string> Names { get; } = Gen.Int[0, 25].Select(Name);

    private static string Name(int number) => $"client {number}";
}
