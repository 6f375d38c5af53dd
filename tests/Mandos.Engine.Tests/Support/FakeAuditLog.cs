using System.Collections.Concurrent;
using Mandos.Engine.Auditing;

namespace Mandos.Engine.Tests.Support;

/// <summary>Keeps the records.</summary>
internal sealed class FakeAuditLog : IAuditLog
{
    private readonly ConcurrentQueue<AuditRecord> _records = new();

    public bool IsRequired { get; init; }

    /// <summary>Ends all writes that somebody waits for. Until then they hang.</summary>
    public TaskCompletionSource<bool> WriteThrough { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether somebody waits for a write.</summary>
    public volatile bool InWriteThrough;

    public IReadOnlyCollection<AuditRecord> Records => _records;

    /// <summary>The records of one peer, which is told by its end point object.</summary>
    public IEnumerable<AuditRecord> Of(FakePeer peer) => _records.Where(record => ReferenceEquals(record.Peer, peer.RemoteEndPoint));

    public ConcurrentQueue<AuditSummary> Summaries { get; } = new();

    /// <summary>The records of commands.</summary>
    public ConcurrentQueue<CommandRecord> Commands { get; } = new();

    /// <summary>What writing the record of a command ends in; null for success.</summary>
    public Exception? CommandError { get; set; }

    public void Write(CommandRecord record)
    {
        if (CommandError is { } error)
        {
            throw error;
        }

        Commands.Enqueue(record);
    }

    /// <summary>The records of what says that two machines have a client's key.</summary>
    public ConcurrentQueue<AnomalyRecord> Anomalies { get; } = new();

    public void Write(AnomalyRecord record) => Anomalies.Enqueue(record);

    public void Write(AuditSummary summary) => Summaries.Enqueue(summary);

    public void Write(AuditRecord record) => _records.Enqueue(record);

    public async Task<bool> TryWriteThroughAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        _records.Enqueue(record);
        InWriteThrough = true;
        try
        {
            return await WriteThrough.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            InWriteThrough = false;
        }
    }
}
