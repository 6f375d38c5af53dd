using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Metrics;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

/// <summary>
/// Records once for every connection how it ended, in the log and in the audit log; for strangers who come again and again, how many there were.
/// Thread-safe.
/// </summary>
internal sealed partial class AuditTrail : IDisposable
{
    private readonly EngineClock _clock;
    private readonly EngineMeter _meter;
    private readonly IAuditLog? _file;
    private readonly ILogger _logger;
    private readonly StrangerLimit _strangers;
    private readonly OutcomeCounts _counts = new();

    /// <param name="services">What the engine shares.</param>
    /// <param name="file">The audit log; null for none.</param>
    public AuditTrail(EngineServices services, IAuditLog? file)
    {
        (_clock, _meter, _logger) = (services.Clock, services.Meter, services.Logger);
        (_file, IsRequired) = (file, file?.IsRequired == true);
        _strangers = new StrangerLimit(_clock, Write);
        _meter.ObserveRequests(_counts.Read);
    }

    /// <summary>Whether <see cref="TryAnnounceAsync"/> has to succeed before a secret goes out.</summary>
    public bool IsRequired { get; }

    /// <summary>Is told how a connection ended that was a rehearsal. Set it before the first connection.</summary>
    public Action<OpenRequest, Outcome>? OnRehearsed { get; set; }

    /// <summary>Whether the log is to tell of the end of a connection; decided once for each.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="level">The level at which the log tells of it.</param>
    public bool Tells(Connection connection, Outcome reason, LogLevel level = LogLevel.Warning)
        => connection.ClientName is not null
            || (connection.IsToldOf ??= _strangers.Admits(connection.Peer.RemoteEndPoint.Address, reason, level));

    /// <summary>Notes how a connection ended; later reports do not count.</summary>
    public void End(Connection connection, Outcome reason, string? detail = null)
    {
        if (!connection.TryEnd())
        {
            return;
        }

        if (connection.Request is { IsRehearsal: true } request)
        {
            detail = detail is null ? "rehearsal" : $"rehearsal; {detail}";
            OnRehearsed?.Invoke(request, reason);
        }

        _counts.Add(reason);
        bool tells = Tells(connection, reason, LogLevel.Information);
        _meter.RequestEnded(reason.Decision(), _clock.Now - connection.Start, tells ? connection.AuditId : null);
        if (tells)
        {
            Write(Record(connection, reason, detail));
        }
    }

    /// <summary>Notes a connection that was closed without being served.</summary>
    /// <returns>Whether the log should have it.</returns>
    public bool TurnedAway(IPeerConnection peer, Outcome reason)
    {
        _counts.Add(reason);
        _meter.RequestEnded(reason.Decision(), TimeSpan.Zero, null);
        if (!_strangers.Admits(peer.RemoteEndPoint.Address, reason, LogLevel.Warning))
        {
            return false;
        }

        Write(new AuditRecord
        {
            Time = _clock.UtcNow,
            Peer = peer.RemoteEndPoint,
            Outcome = reason,
            Duration = TimeSpan.Zero,
        });
        return true;
    }

    /// <summary>Tells of all strangers that were only counted.</summary>
    public void Flush() => _strangers.Flush();

    /// <inheritdoc/>
    public void Dispose() => _strangers.Dispose();

    /// <summary>Puts on disk that a secret is about to be sent.</summary>
    /// <returns>False if that cannot be done now: the secret must not go out.</returns>
    public async Task<bool> TryAnnounceAsync(Connection connection, Outcome reason, CancellationToken cancellationToken)
    {
        AuditRecord record = Record(connection, reason, null) with { IsSending = true };
        return _file is not null && await _file.TryWriteThroughAsync(record, cancellationToken).ConfigureAwait(false);
    }

    private AuditRecord Record(Connection connection, Outcome reason, string? detail) => new()
    {
        Time = _clock.UtcNow,
        Id = connection.AuditId,
        Peer = connection.Peer.RemoteEndPoint,
        KeyId = connection.KeyId,
        Client = connection.ClientName,
        Outcome = reason,
        Detail = detail,
        Duration = _clock.Now - connection.Start,
    };

    private void Write(AuditRecord record)
    {
        LogRecord(record);
        _file?.Write(record);
    }

    private void Write(AuditSummary summary, LogLevel level)
    {
        LogSummary(summary);
        if (level != LogLevel.Information)
        {
            string reason = summary.Outcome.Phrase();
            LogMore(level, summary.Count, summary.Source, (long)summary.Duration.TotalSeconds, reason);
        }

        _file?.Write(summary);
    }
}
