using Mandos.Engine.Auditing;
using Mandos.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Auditing;

/// <summary>
/// Appends the records of connections and commands to a file, on a thread of its own: a slow disk holds up only those whose secrets wait for it.
/// </summary>
/// <remarks>
/// Records that cannot be written are kept, up to a limit, and tried again. Beyond the limit records are lost, and the file and the log say so.
/// </remarks>
internal sealed partial class AuditLog : IAuditLog, IDisposable
{
    /// <summary>Default number of records that may wait: some seconds of the busiest server, a few megabytes.</summary>
    public const int DefaultCapacity = 10_000;

    /// <summary>Most records that are written at once.</summary>
    private const int BatchLength = 256;

    /// <summary>How long records are gathered before they are written, unless a secret waits: waking the thread for each costs more than all else.</summary>
    private static readonly TimeSpan _gatherTime = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the end waits for the last records: a disk that hangs must not hold up the exit.</summary>
    private static readonly TimeSpan _drainTime = TimeSpan.FromSeconds(5);

    /// <summary>How long a failed write keeps from trying again, unless a secret waits for it or the file is opened again.</summary>
    private static readonly TimeSpan _retryTime = TimeSpan.FromSeconds(1);

    private readonly Queue<Entry> _entries = new();
    private readonly List<Entry> _batch = [];
    private readonly AuditJson _json = new();
    private readonly AuditFile _file;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly int _capacity;
    private readonly Thread _thread;

    // Guarded by the lock on _entries
    private long _lost;
    private long _lostInAll;
    private long _oldestAt;
    private int _waiters;
    private bool _reopen;
    private bool _stopping;

    // The thread's own
    private bool _isFailing;
    private long _failedAt;

    /// <summary>Opens the file.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="isRequired">Whether no secret may go out before its record is on disk.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Is told once when the file fails, and when it works again.</param>
    /// <param name="capacity">How many records may wait; twice as many with those for which secrets wait.</param>
    /// <exception cref="StartException">The file cannot be opened, and it is required.</exception>
    public AuditLog(string path, bool isRequired, TimeProvider timeProvider, ILogger logger, int capacity = DefaultCapacity)
    {
        (_file, IsRequired, _timeProvider, _logger, _capacity) = (new AuditFile(path), isRequired, timeProvider, logger, capacity);
        if (_file.Open() is { } error)
        {
            if (isRequired)
            {
                throw new StartException($"{_file.Path}: cannot open the audit log: {error}; it is required (audit_required)");
            }

            Failed(error);
        }

        Reserve();
        _thread = new Thread(Run) { IsBackground = true, Name = "audit" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public bool IsRequired { get; }

    /// <summary>How many records were lost since the start.</summary>
    public long LostRecords
    {
        get
        {
            lock (_entries)
            {
                return _lostInAll;
            }
        }
    }

    /// <summary>How many records wait to be written, but for those that are being written.</summary>
    public int WaitingRecords
    {
        get
        {
            lock (_entries)
            {
                return _entries.Count;
            }
        }
    }

    /// <inheritdoc/>
    public void Write(AuditRecord record) => Add(new Entry(json => json.Add(record), null));

    /// <inheritdoc/>
    public void Write(CommandRecord record) => Add(new Entry(json => json.Add(record), null));

    /// <inheritdoc/>
    public void Write(AnomalyRecord record) => Add(new Entry(json => json.Add(record), null));

    /// <inheritdoc/>
    public void Write(AuditSummary summary) => Add(new Entry(json => json.Add(summary), null));

    private void Add(Entry entry)
    {
        bool isFirstLost = false;
        lock (_entries)
        {
            if (_stopping)
            {
                return;
            }

            if (_entries.Count < _capacity)
            {
                Enqueue(entry);
            }
            else
            {
                isFirstLost = _lost++ == 0;
                _lostInAll++;
            }
        }

        if (isFirstLost)
        {
            LogFull(_file.Path, _capacity);
        }
    }

    /// <inheritdoc/>
    public Task<bool> TryWriteThroughAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_entries)
        {
            // Twice the capacity: only clients get here, and a flood of strangers must not lock them out.
            if (_stopping || _entries.Count >= 2L * _capacity)
            {
                return Task.FromResult(false);
            }

            _waiters++;
            Enqueue(new Entry(json => json.Add(record), done));
        }

        return done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Has the file opened again, because another file has its name now. Returns at once.</summary>
    public void Reopen()
    {
        lock (_entries)
        {
            _reopen = true;
            Monitor.Pulse(_entries);
        }
    }

    /// <summary>Gives the file to the user that the server will be.</summary>
    public void GiveTo(uint user, uint group)
    {
        if (_file.GiveTo(user, group) is { } error)
        {
            LogNotGiven(_file.Path, user, error);
        }
    }

    /// <summary>Writes what waits, unless that takes too long.</summary>
    public void Dispose()
    {
        lock (_entries)
        {
            _stopping = true;
            Monitor.Pulse(_entries);
        }

        if (_thread.Join(_drainTime))
        {
            _file.Dispose();
            _json.Dispose();
        }
        else
        {
            LogNotDrained(_file.Path);
        }
    }

    /// <summary>Adds to those that wait, after what is lost. Called under the lock.</summary>
    private void Enqueue(Entry entry)
    {
        bool isFirst = _entries.Count == 0;
        if (isFirst)
        {
            _oldestAt = _timeProvider.GetTimestamp();
        }

        if (_lost > 0)
        {
            _entries.Enqueue(Gap(_lost));
            _lost = 0;
        }

        _entries.Enqueue(entry);
        if (isFirst || entry.Done is not null)
        {
            Monitor.Pulse(_entries);
        }
    }

    private Entry Gap(long lost) => new(json => json.AddGap(_timeProvider.GetUtcNow(), lost), null);

    private void Run()
    {
        while (AwaitWork(out bool reopen, out bool isLast))
        {
            if ((reopen || _isFailing) && _file.Open() is { } error && reopen)
            {
                LogNotReopened(_file.Path, error);
            }

            if (reopen)
            {
                Reserve();
            }

            WriteBatch();
            if (isLast && _isFailing)
            {
                LogNotWritten(_file.Path);
                return;
            }
        }
    }

    /// <summary>Waits until there is something to do, and takes it into the batch.</summary>
    /// <returns>False when all is done.</returns>
    private bool AwaitWork(out bool reopen, out bool isLast)
    {
        lock (_entries)
        {
            while (!_reopen && !_stopping && TimeToWait() is var time && time != TimeSpan.Zero)
            {
                Monitor.Wait(_entries, time);
            }

            (reopen, isLast) = (_reopen, _stopping);
            _reopen = false;
            if (_stopping && _lost > 0)
            {
                _entries.Enqueue(Gap(_lost));
                _lost = 0;
            }

            // Records that failed before come first; nobody waits for them any more.
            int room = BatchLength - _batch.Count;
            while (room-- > 0 && _entries.TryDequeue(out Entry entry))
            {
                _waiters -= entry.Done is { Task.IsCompleted: false } ? 1 : 0;
                _batch.Add(entry);
            }

            if (_isFailing && _waiters > 0)
            {
                TakeAwaited();
            }

            return !_stopping || _batch.Count > 0;
        }
    }

    /// <summary>Takes the records that somebody waits for, past the others that cannot be written now. Called under the lock.</summary>
    private void TakeAwaited()
    {
        _waiters = 0;
        for (int left = _entries.Count; left > 0; left--)
        {
            Entry entry = _entries.Dequeue();
            if (entry.Done is { Task.IsCompleted: false })
            {
                _batch.Add(entry);
            }
            else
            {
                _entries.Enqueue(entry);
            }
        }
    }

    /// <summary>How long to wait for work. Called under the lock.</summary>
    private TimeSpan TimeToWait()
    {
        if (_entries.Count == 0 && _batch.Count == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (_waiters > 0)
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = _isFailing
            ? _retryTime - _timeProvider.GetElapsedTime(_failedAt)
            : _gatherTime - _timeProvider.GetElapsedTime(_oldestAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Keeps room for the records that a secret waits for, before the disk is full.</summary>
    private void Reserve()
    {
        if (IsRequired && !_file.TryReserve(0, out string? error))
        {
            LogNoReserve(_file.Path, AuditFile.Reserve / 1024, error);
        }
    }

    /// <summary>Writes the batch; records that could not be written stay in it.</summary>
    private void WriteBatch()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        Serialize(_batch);
        List<Entry> chosen = _batch;
        if (IsRequired && !_file.TryReserve(_json.Lines.Length, out string? full))
        {
            // The room that is left is for the records that a secret waits for.
            chosen = _batch.FindAll(static entry => entry.Done is { Task.IsCompleted: false });
            Serialize(chosen);
        }
        else
        {
            full = null;
        }

        int written = _file.Write(_json.Lines, out string? error);
        int count = _json.Lines[..written].Count((byte)'\n');
        if (error is null && chosen.Exists(static entry => entry.Done is not null))
        {
            error = _file.Sync();
        }

        if ((error ?? full) is { } fault)
        {
            Failed(fault, isFull: error is null);
        }
        else if (_isFailing)
        {
            _isFailing = false;
            LogWorksAgain(_file.Path);
        }

        chosen.ForEach(entry => entry.Done?.TrySetResult(error is null));
        HashSet<Entry> done = [.. chosen.Take(count)];
        _batch.RemoveAll(done.Contains);
    }

    private void Serialize(List<Entry> entries)
    {
        _json.Clear();
        entries.ForEach(entry => entry.AddTo(_json));
    }

    /// <summary>Notes that the file fails, and tells all who wait for it.</summary>
    /// <param name="error">Why.</param>
    /// <param name="isFull">Whether there still is the room that is kept for them, so that they go on waiting.</param>
    private void Failed(string error, bool isFull = false)
    {
        _failedAt = _timeProvider.GetTimestamp();
        if (!_isFailing)
        {
            _isFailing = true;
            LogFailed(_file.Path, error);
        }

        if (isFull)
        {
            return;
        }

        lock (_entries)
        {
            foreach (Entry entry in _entries)
            {
                entry.Done?.TrySetResult(false);
            }

            _waiters = 0;
        }
    }

    /// <param name="AddTo">Writes it.</param>
    /// <param name="Done">Ends when it is written.</param>
    private readonly record struct Entry(Action<AuditJson> AddTo, TaskCompletionSource<bool>? Done);
}
