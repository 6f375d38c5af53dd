using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Auditing;

/// <summary>Says once of every connection how it ended, in the log and in the audit log. Thread-safe.</summary>
/// <param name="clock">Gives the time.</param>
/// <param name="file">The audit log; null for none.</param>
/// <param name="logger">The log.</param>
internal sealed partial class AuditTrail(EngineClock clock, IAuditLog? file, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Whether <see cref="TryAnnounceAsync"/> has to succeed before a secret goes out.</summary>
    public bool IsRequired { get; } = file?.IsRequired == true;

    /// <summary>Notes how a connection ended; what is said of it later does not count.</summary>
    public void End(Connection connection, AuditReason reason, string? detail = null)
    {
        if (connection.TryEnd())
        {
            Write(Record(connection, reason.Decision(), reason, detail));
        }
    }

    /// <summary>Notes a connection that was closed without being served.</summary>
    public void TurnedAway(IPeerConnection peer, AuditReason reason) => Write(new AuditRecord
    {
        Time = clock.UtcNow,
        Peer = peer.RemoteEndPoint,
        Decision = reason.Decision(),
        Reason = reason,
        Duration = TimeSpan.Zero,
    });

    /// <summary>Puts on disk that a secret is about to be sent.</summary>
    /// <returns>False if that could not be done while the connection lasted: the secret must not go out.</returns>
    public async Task<bool> TryAnnounceAsync(Connection connection, AuditReason reason)
    {
        try
        {
            AuditRecord record = Record(connection, AuditDecision.Sending, reason, null);
            return file is not null && await file.TryWriteThroughAsync(record, connection.Aborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private AuditRecord Record(Connection connection, AuditDecision decision, AuditReason reason, string? detail) => new()
    {
        Time = clock.UtcNow,
        Peer = connection.Peer.RemoteEndPoint,
        KeyId = connection.KeyId,
        Client = connection.ClientName,
        Decision = decision,
        Reason = reason,
        Detail = detail,
        Duration = clock.Now - connection.Start,
    };

    private void Write(AuditRecord record)
    {
        LogRecord(record);
        file?.Write(record);
    }

    [LoggerMessage(1900, LogLevel.Information, "Audit: {Record}")]
    private partial void LogRecord(AuditRecord record);
}
