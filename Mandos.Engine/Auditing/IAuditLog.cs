namespace Mandos.Engine.Auditing;

/// <summary>Where the records of connections and commands are kept besides the log. Thread-safe.</summary>
public interface IAuditLog
{
    /// <summary>Whether no secret may go out before its record is on disk.</summary>
    bool IsRequired { get; }

    /// <summary>Takes a record. Returns at once, and does not throw.</summary>
    void Write(AuditRecord record);

    /// <summary>Takes the record of a command. Returns at once, and does not throw.</summary>
    void Write(CommandRecord record);

    /// <summary>Takes the record of something that says that two machines have a client's key. Returns at once, and does not throw.</summary>
    void Write(AnomalyRecord record);

    /// <summary>Takes a summary. Returns at once, and does not throw.</summary>
    void Write(AuditSummary summary);

    /// <summary>Takes a record, and waits until it is on disk with all that were taken before it.</summary>
    /// <returns>False if it cannot be written now.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up; the record may still be written.</exception>
    Task<bool> TryWriteThroughAsync(AuditRecord record, CancellationToken cancellationToken);
}
