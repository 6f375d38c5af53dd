using Mandos.Abstractions.Persistence;

namespace Mandos.Engine.Tests.Support;

/// <summary>A store in memory: the clients in <see cref="Durable"/> would outlast a power cut.</summary>
internal sealed class FakeStore(IEnumerable<StoredClient>? durable = null) : IStateStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StoredClient> _durable = (durable ?? []).ToDictionary(static client => client.Name);
    private TaskCompletionSource? _hang;
    private int _running;

    public volatile Exception? Error;

    public string? SaveProblem { get; init; }

    /// <summary>A save of more clients fails.</summary>
    public volatile int MostClients = int.MaxValue;

    public int Saves { get; private set; }

    /// <summary>Number of clients in the last save.</summary>
    public int LastBatch { get; private set; }

    /// <summary>Whether two saves ever ran at once.</summary>
    public bool Overlapped { get; private set; }

    public volatile bool IsHanging;

    public IReadOnlyList<StoredClient> Durable
    {
        get
        {
            lock (_lock)
            {
                return [.. _durable.Values];
            }
        }
    }

    public StoredClient? this[string name]
    {
        get
        {
            lock (_lock)
            {
                return _durable.GetValueOrDefault(name);
            }
        }
    }

    /// <summary>Has saves wait until <see cref="Release"/>.</summary>
    public void Hang()
    {
        lock (_lock)
        {
            _hang ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            IsHanging = false;
            _hang?.TrySetResult();
            _hang = null;
        }
    }

    public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken) => new(Durable);

    public async ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        Overlapped |= Interlocked.Increment(ref _running) > 1;
        try
        {
            Task? hang;
            lock (_lock)
            {
                Saves++;
                LastBatch = changed.Count + forgotten.Count;
                hang = _hang?.Task;
                IsHanging = hang is not null;
            }

            if (hang is not null)
            {
                await hang.WaitAsync(cancellationToken);
            }

            if (Error is { } error)
            {
                throw error;
            }

            if (changed.Count + forgotten.Count > MostClients)
            {
                throw new StateStoreException("there is no room for so much");
            }

            lock (_lock)
            {
                foreach (StoredClient client in changed)
                {
                    _durable[client.Name] = client;
                }

                foreach (string name in forgotten)
                {
                    _durable.Remove(name);
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
