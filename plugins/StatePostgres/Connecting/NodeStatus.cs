using System.Globalization;
using Npgsql;

namespace Mandos.StatePostgres.Connecting;

/// <summary>What a PostgreSQL says of itself: by that it is known whether what it commits is committed for all.</summary>
internal sealed record NodeStatus
{
    /// <summary>The query for it. It fails where the tables are missing.</summary>
    /// <remarks>The timeline is that of the log's present place: that of the control file lags behind.</remarks>
    public const string Query =
        """
        SELECT m.version, m.oldest, m.site, c.system_identifier, pg_is_in_recovery(),
            CASE WHEN pg_is_in_recovery() THEN NULL ELSE substring(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END,
            current_setting('synchronous_standby_names'), current_setting('synchronous_commit'), current_setting('client_min_messages')
        FROM mandos.meta m, pg_control_system() c
        """;

    /// <summary>The version of its tables.</summary>
    public required int Version { get; init; }

    /// <summary>The oldest version whose servers can use these tables.</summary>
    public required int OldestVersion { get; init; }

    /// <summary>Tells the site's tables from those of other sites.</summary>
    public required Guid Site { get; init; }

    /// <summary>Tells the database and its standbys from all others.</summary>
    public required long System { get; init; }

    /// <summary>Grows with each standby that becomes the primary; null while it is a standby.</summary>
    public required long? Timeline { get; init; }

    /// <summary><c>synchronous_standby_names</c>.</summary>
    public required string SynchronousStandbys { get; init; }

    /// <summary><c>synchronous_commit</c> of this session.</summary>
    public required string SynchronousCommit { get; init; }

    /// <summary><c>client_min_messages</c> of this session.</summary>
    public required string LeastMessage { get; init; }

    /// <summary>Reads the row of <see cref="Query"/> at which a reader stands.</summary>
    public static NodeStatus Read(NpgsqlDataReader reader) => new()
    {
        Version = reader.GetInt32(0),
        OldestVersion = reader.GetInt32(1),
        Site = reader.GetGuid(2),
        System = reader.GetInt64(3),
        Timeline = reader.GetBoolean(4) ? null : long.Parse(reader.GetString(5), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        SynchronousStandbys = reader.GetString(6),
        SynchronousCommit = reader.GetString(7),
        LeastMessage = reader.GetString(8),
    };
}
