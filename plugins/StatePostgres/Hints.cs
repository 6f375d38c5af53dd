using System.Runtime.CompilerServices;
using Mandos.Abstractions.Persistence;
using Mandos.StatePostgres.Connecting;
using Mandos.StatePostgres.Tables;

namespace Mandos.StatePostgres;

/// <summary>Hears of commands that others commit, on a session of its own.</summary>
internal static class Hints
{
    /// <summary>How long it is silent until the connection is tried.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _leastPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _mostPause = TimeSpan.FromSeconds(15);

    /// <inheritdoc cref="Abstractions.Sharing.ISharedStateStore.WatchAsync"/>
    public static async IAsyncEnumerable<long> WatchAsync(
        Cluster cluster, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeSpan pause = _leastPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hints = new Listener(cluster, time, _silence);
            await using (hints.ConfigureAwait(false))
            {
                while (await hints.NextAsync(cancellationToken).ConfigureAwait(false) is { } revision)
                {
                    pause = _leastPause;
                    yield return revision;
                }
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < _mostPause ? pause * 2 : _mostPause;
        }
    }

    /// <summary>One session that listens, until it breaks.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly Cluster _cluster;
        private readonly TimeProvider _time;
        private readonly TimeSpan _silence;
        private readonly CancellationTokenSource _moved = new();
        private Session? _session;
        private Task _pending = Task.CompletedTask;

        public Listener(Cluster cluster, TimeProvider time, TimeSpan silence)
        {
            (_cluster, _time, _silence) = (cluster, time, silence);
            cluster.Moved += Leave;
        }

        /// <summary>Waits for a hint. The first comes as soon as it listens, for what was missed.</summary>
        /// <returns>The revision, if it is known; null if the session is broken.</returns>
        public async Task<long?> NextAsync(CancellationToken cancellationToken)
        {
            try
            {
                if (_session is null)
                {
                    _session = await _cluster.ConnectAsync(cancellationToken).ConfigureAwait(false);
                    await BoundedAsync(_session.RunAsync(new Statement($"LISTEN {Transaction.Channel}")), cancellationToken).ConfigureAwait(false);
                    return 0;
                }

                long revision = 0;
                _session.Connection.Notification += OnNotification;
                try
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _moved.Token);
                    while (!await _session.Connection.WaitAsync(_silence, either.Token).ConfigureAwait(false))
                    {
                        await BoundedAsync(_session.RunAsync(new Statement("SELECT 1")), cancellationToken).ConfigureAwait(false);
                        if (revision > 0)
                        {
                            break; // it came with the answer
                        }
                    }
                }
                finally
                {
                    _session.Connection.Notification -= OnNotification;
                }

                return revision;

                void OnNotification(object sender, Npgsql.NpgsqlNotificationEventArgs e)
                    => revision = long.TryParse(e.Payload, out long told) ? told : revision;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null; // another host is the primary now
            }
            catch (Exception e) when (e is StateStoreException || Fault.IsOfDatabase(e))
            {
                return null;
            }
        }

        public ValueTask DisposeAsync()
        {
            _cluster.Moved -= Leave;
            _ = _session?.AbandonAsync(_pending);
            _moved.Dispose();
            return ValueTask.CompletedTask;
        }

        private void Leave()
        {
            try
            {
                _moved.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has left already.
            }
        }

        private Task BoundedAsync(Task task, CancellationToken cancellationToken)
        {
            _pending = task;
            return task.WaitAsync(Cluster.ConnectLimit, _time, cancellationToken);
        }
    }
}
