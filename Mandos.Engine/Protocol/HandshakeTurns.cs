using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Protocol;

/// <summary>Shares out the computing of handshakes fairly by <see cref="PeerSource"/>. Thread-safe.</summary>
/// <remarks>
/// A handshake computes in turns, between which it waits for the network. As many turns run at once as there are processors. When more are
/// wanted, they are given by start-time fair queueing, level by level: first the network whose turns have cost least, within that the
/// subnet, within that the address; there, the handshake that waits longest. So the number of a stranger's connections costs nobody else
/// anything, and a source that makes turns dear gets fewer of them. A source that comes again starts level with those that are served now. One
/// that is gone is remembered until the others have had as much; otherwise one connection after the other would always be new, and always first.
/// <para>
/// Nobody waits for a thread as well: a turn that had to wait is run by the thread that gives the turns, up to where it waits for the network again.
/// </para>
/// </remarks>
internal sealed class HandshakeTurns(EngineClock clock, int atOnce) : IThreadPoolWorkItem
{
    /// <summary>How many sources are remembered that are gone; some 400 bytes each.</summary>
    internal const int MostGone = 10_000;

    /// <summary>What a turn costs at least: much the same as what surrounds it, which is not measured.</summary>
    private static readonly TimeSpan _leastCost = TimeSpan.FromMicroseconds(50);

    /// <summary>How long turns are given without a break, before others' work for the threads of the pool.</summary>
    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<PeerSource, Share> _shares = [];

    /// <summary>Those that are gone and have had more than others, the first one first.</summary>
    private readonly LinkedList<Share> _gone = [];

    private readonly LinkedList<Turn> _waiting = [];
    private readonly Share _all = new(null, default);

    /// <summary>How many turns nobody has. None is free while somebody waits.</summary>
    private int _free = atOnce;

    private int _users;
    private long _sequence;

    private TimeSpan Now => clock.Now;

    /// <summary>How many turns are waited for.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>How many sources are known now: none is when there are no handshakes.</summary>
    public int Sources
    {
        get
        {
            lock (_lock)
            {
                return _shares.Count;
            }
        }
    }

    /// <summary>Lets a handshake take part until it is disposed.</summary>
    /// <param name="path">Where its peer comes from.</param>
    /// <param name="overdue">Is called if it has waited for a turn longer than <see cref="ProtocolLimits.AnswerTime"/>.</param>
    public Turn Enter(IReadOnlyList<PeerSource> path, Action overdue)
    {
        lock (_lock)
        {
            Share share = _all;
            foreach (PeerSource source in path)
            {
                if (!_shares.TryGetValue(source, out Share? part))
                {
                    _shares[source] = part = new Share(share, source);
                    Use(share);
                }

                share = part;
            }

            Use(share);
            _users++;
            return new Turn(this, share, overdue);
        }
    }

    /// <summary>Gives turns to those who wait; the caller has one to give.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        TimeSpan end = clock.After(_slice);
        while (true)
        {
            List<Turn>? overdue;
            Turn? next;
            lock (_lock)
            {
                overdue = TakeOverdue();
                next = TakeNext();
                if (next is null)
                {
                    _free++;
                }
            }

            overdue?.ForEach(static turn => turn.Overdue());
            if (next is null || !next.Run())
            {
                return;
            }

            if (Now >= end)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
        }
    }

    private List<Turn>? TakeOverdue()
    {
        List<Turn>? overdue = null;
        for (TimeSpan before = Now - ProtocolLimits.AnswerTime;
            _waiting.First is { } first && first.Value.Since <= before;
            _waiting.Remove(first))
        {
            (overdue ??= []).Add(first.Value);
        }

        return overdue;
    }

    /// <summary>Takes the next one out of the queues.</summary>
    private Turn? TakeNext()
    {
        Share share = _all;
        while (share.Queued.Min is { } part)
        {
            share.Time = part.Start > share.Time ? part.Start : share.Time;
            share = part;
        }

        if (share.Turns.First is not { } first)
        {
            return null;
        }

        Dequeue(first.Value);
        return first.Value;
    }

    private void Enqueue(Turn turn)
    {
        Share share = turn.Share;
        share.Turns.AddLast(turn.InShare);
        _waiting.AddLast(turn.InAll);
        for (; share.Parent is { } whole && !whole.Queued.Contains(share); share = whole)
        {
            Begin(share, whole);
            whole.Queued.Add(share);
        }
    }

    private void Dequeue(Turn turn)
    {
        Share share = turn.Share;
        share.Turns.Remove(turn.InShare);
        if (turn.InAll.List is not null)
        {
            _waiting.Remove(turn.InAll);
        }

        for (; share.Parent is { } whole && share.Turns.Count == 0 && share.Queued.Count == 0; share = whole)
        {
            whole.Queued.Remove(share);
        }
    }

    private void Use(Share share)
    {
        share.Users++;
        if (share.Gone is { } gone)
        {
            share.Gone = null;
            _gone.Remove(gone);
        }
    }

    private void Leave(Share share)
    {
        if (--share.Users == 0 && share.Parent is { } whole)
        {
            if (share.Start > whole.Time)
            {
                share.Gone = _gone.AddLast(share);
            }
            else
            {
                Forget(share, whole);
            }
        }
    }

    private void Forget(Share share, Share whole)
    {
        _shares.Remove(share.Source);
        Leave(whole);
    }

    /// <summary>Forgets who is gone and has had no more than others any more, is one too many, or has kept nobody waiting.</summary>
    private void ForgetGone()
    {
        while (_gone.First is { Value: { Parent: { } whole } first }
            && (_users == 0 || _gone.Count > MostGone || first.Start <= whole.Time))
        {
            _gone.RemoveFirst();
            first.Gone = null;
            Forget(first, whole);
        }
    }

    private void Begin(Share share, Share whole)
    {
        share.Start = TimeSpan.FromTicks(Math.Max(share.Start.Ticks, whole.Time.Ticks));
        share.Sequence = ++_sequence;
    }

    private void Charge(Share charged, TimeSpan cost)
    {
        for (Share share = charged; share.Parent is { } whole; share = whole)
        {
            bool isQueued = whole.Queued.Remove(share);
            share.Start += cost;
            share.Sequence = ++_sequence;
            if (isQueued)
            {
                whole.Queued.Add(share);
            }
        }
    }

    /// <summary>A handshake's turn: it waits for it, takes it, and gives it back, again and again. It does one thing at a time.</summary>
    internal sealed class Turn : IDisposable
    {
        private readonly HandshakeTurns _turns;
        private TaskCompletionSource? _granted;
        private TimeSpan _start;
        private long _runs;
        private long _lentTo;
        private bool _isMine;
        private bool _isOver;

        public Turn(HandshakeTurns turns, Share share, Action overdue)
        {
            (_turns, Share, Overdue) = (turns, share, overdue);
            InShare = new LinkedListNode<Turn>(this);
            InAll = new LinkedListNode<Turn>(this);
        }

        public Share Share { get; }

        public Action Overdue { get; }

        public LinkedListNode<Turn> InShare { get; }

        public LinkedListNode<Turn> InAll { get; }

        /// <summary>Since when it waits.</summary>
        public TimeSpan Since { get; private set; }

        /// <summary>Takes the turn if nobody waits for one.</summary>
        /// <returns>Whether it has it now; after its end that does not matter any more.</returns>
        public bool TryTake()
        {
            lock (_turns._lock)
            {
                return TakeFree();
            }
        }

        /// <summary>Waits for the turn.</summary>
        /// <exception cref="OperationCanceledException">The caller gave up.</exception>
        public ValueTask TakeAsync(CancellationToken cancellationToken)
        {
            TaskCompletionSource granted;
            lock (_turns._lock)
            {
                if (TakeFree())
                {
                    return ValueTask.CompletedTask;
                }

                // In the same step: if a turn became free in between, taking it would change the order of the queue.
                _granted = granted = new TaskCompletionSource();
                Since = _turns.Now;
                _turns.Enqueue(this);
            }

            return new ValueTask(WaitAsync(granted.Task, cancellationToken));
        }

        /// <summary>Gives the turn back, if it has it.</summary>
        public void Give()
        {
            lock (_turns._lock)
            {
                if (!_isMine)
                {
                    return;
                }

                _isMine = false;
                TimeSpan cost = _turns.Now - _start;
                _turns.Charge(Share, cost > _leastCost ? cost : _leastCost);
                if (_lentTo != 0)
                {
                    _lentTo = 0;
                    return; // to the thread that gives the turns, and is about to find it
                }

                if (_turns._all.Queued.Count == 0)
                {
                    _turns._free++;
                    return;
                }
            }

            ThreadPool.UnsafeQueueUserWorkItem(_turns, preferLocal: false);
        }

        /// <summary>Ends taking part. From now on nothing waits.</summary>
        public void Dispose()
        {
            Give();
            lock (_turns._lock)
            {
                if (_isOver)
                {
                    return;
                }

                _isOver = true;
                _turns._users--;
                _turns.Leave(Share);
                _turns.ForgetGone();
            }
        }

        /// <summary>Runs the turn, up to where it is given back or something else is waited for.</summary>
        /// <returns>Whether the caller has the turn again.</returns>
        public bool Run()
        {
            TaskCompletionSource granted;
            long run;
            lock (_turns._lock)
            {
                run = ++_runs;
                (granted, _isMine, _lentTo, _start) = (_granted!, true, run, _turns.Now);
            }

            granted.SetResult();
            lock (_turns._lock)
            {
                if (_lentTo == run)
                {
                    _lentTo = 0; // it is kept beyond this call
                    return false;
                }

                return true;
            }
        }

        private bool TakeFree()
        {
            if (_isMine || _isOver)
            {
                return true;
            }

            if (_turns._free == 0)
            {
                return false;
            }

            _turns._free--;
            for (Share share = Share; share.Parent is { } whole; share = whole)
            {
                _turns.Begin(share, whole);
                whole.Time = share.Start;
            }

            _isMine = true;
            _start = _turns.Now;
            return true;
        }

        private async Task WaitAsync(Task granted, CancellationToken cancellationToken)
        {
            CancellationTokenRegistration registration =
                cancellationToken.UnsafeRegister(static (state, token) => ((Turn)state!).Cancel(token), this);
            try
            {
                await granted.ConfigureAwait(false);
            }
            finally
            {
                registration.Unregister();
            }
        }

        private void Cancel(CancellationToken cancellationToken)
        {
            TaskCompletionSource granted;
            lock (_turns._lock)
            {
                if (InShare.List is null)
                {
                    return; // it has its turn already
                }

                granted = _granted!;
                _turns.Dequeue(this);
            }

            granted.TrySetCanceled(cancellationToken);
        }
    }

    /// <summary>What a source has had of the computing.</summary>
    internal sealed class Share(Share? parent, PeerSource source)
    {
        private static readonly Comparer<Share> _byStart = Comparer<Share>.Create(static (a, b) =>
        {
            int byStart = a.Start.CompareTo(b.Start);
            return byStart != 0 ? byStart : a.Sequence.CompareTo(b.Sequence);
        });

        public Share? Parent => parent;

        public PeerSource Source => source;

        /// <summary>How many handshakes, or parts, it has.</summary>
        public int Users { get; set; }

        /// <summary>Its place among those that are gone; null while it has users.</summary>
        public LinkedListNode<Share>? Gone { get; set; }

        /// <summary>When its next turn starts, in the parent's <see cref="Time"/>.</summary>
        public TimeSpan Start { get; set; }

        /// <summary>Orders those that start at the same time.</summary>
        public long Sequence { get; set; }

        /// <summary>How far its parts have been served: the start of the one that was served last.</summary>
        public TimeSpan Time { get; set; }

        /// <summary>Its parts in which turns are waited for.</summary>
        public SortedSet<Share> Queued { get; } = new(_byStart);

        /// <summary>Its own that are waited for; only an address has any.</summary>
        public LinkedList<Turn> Turns { get; } = [];
    }
}
