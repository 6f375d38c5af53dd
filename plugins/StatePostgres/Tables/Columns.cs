using System.Net;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Npgsql;

namespace Mandos.StatePostgres.Tables;

/// <summary>Rows as the server knows them.</summary>
internal static class Columns
{
    /// <summary>The columns of a client's control that <see cref="ReadClient"/> takes, of a table with the alias <c>c</c>.</summary>
    public const string Client =
        "c.name, c.revision, c.forgotten, c.settings::text, c.created, c.enabled, c.last_enabled, c.removed, c.verdict_approved, c.verdict_ends, "
        + "c.verdict_address, c.secret";

    /// <summary>How many these are.</summary>
    public const int ClientCount = 12;

    /// <summary>The columns of a client's liveness that <see cref="ReadLiveness"/> takes, of a table with the alias <c>l</c>.</summary>
    public const string Liveness = "l.client, l.ok, l.checked, l.status, l.expires";

    /// <summary>The database's clock, to be asked in a statement after the lock is held: before, it would lag by the wait.</summary>
    public const string Clock = "SELECT clock_timestamp()";

    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    /// <summary>No time is set earlier, so that all fit.</summary>
    private static readonly TimeSpan _longAgo = TimeSpan.FromDays(-730_000);

    /// <summary>A time of the database, in microseconds. Only differences of them are used.</summary>
    public static long? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>The duration from one time to another.</summary>
    public static TimeSpan? Between(long? from, long? to)
        => from is { } start && to is { } end ? new TimeSpan((end - start) * TicksPerMicrosecond) : null;

    /// <summary>A duration that can be added to the database's clock.</summary>
    public static TimeSpan? Bounded(TimeSpan? duration) => duration < _longAgo ? _longAgo : duration;

    /// <summary>Reads a client's control, with the times as they are in the table.</summary>
    /// <param name="reader">Stands at the row.</param>
    public static ClientRow ReadClient(NpgsqlDataReader reader)
    {
        string name = reader.GetString(0);
        long revision = reader.GetInt64(1);
        if (reader.GetBoolean(2))
        {
            return new ClientRow(new SharedClient(name, revision, null), null);
        }

        var control = new SharedControl
        {
            Settings = SettingsText.Read(reader.GetString(3)),
            Created = Moment(reader.GetInt64(4)),
            Enabled = reader.GetBoolean(5),
            LastEnabled = reader.IsDBNull(6) ? null : Moment(reader.GetInt64(6)),
            IsRemoved = reader.GetBoolean(7),
            Verdict = reader.IsDBNull(8) ? null : new SharedVerdict(
                reader.GetBoolean(8), TimeSpan.Zero, reader.IsDBNull(10) ? null : IPAddress.Parse(reader.GetString(10))),
            EncryptedSecret = reader.GetFieldValue<byte[]>(11),
        };
        return new ClientRow(new SharedClient(name, revision, control), Time(reader, 9));
    }

    /// <summary>Reads a client's liveness, with the times as they are in the table.</summary>
    /// <param name="reader">Stands at the row.</param>
    /// <param name="first">The first of the columns.</param>
    public static LivenessRow ReadLiveness(NpgsqlDataReader reader, int first) => new(
        reader.GetString(first), Time(reader, first + 1), Time(reader, first + 2), reader.GetInt32(first + 3), Time(reader, first + 4));

    public static DateTimeOffset Moment(long ticks) => new(ticks, TimeSpan.Zero);

    /// <summary>The control that a record of a client has.</summary>
    /// <param name="stored">The record.</param>
    /// <param name="now">The wall clock, on which its times are.</param>
    public static SharedControl Control(StoredClient stored, DateTimeOffset now) => new()
    {
        Settings = stored.Client?.Settings ?? stored.FileSettings,
        Created = stored.Client?.Created ?? stored.SavedAt ?? DateTimeOffset.UnixEpoch,
        Enabled = stored.Client?.Enabled ?? false,
        LastEnabled = stored.Client?.LastEnabled,
        IsRemoved = stored.Client is null,
        Verdict = stored.DeniedUntil - now is { } left && left > TimeSpan.Zero ? new SharedVerdict(false, left, null) : null,
        EncryptedSecret = stored.EncryptedSecret,
    };
}
