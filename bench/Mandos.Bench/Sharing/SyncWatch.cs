using Mandos.TestKit.Daemons;
using Npgsql;

namespace Mandos.Bench.Sharing;

/// <summary>Sees when each server syncs, by looking ten times a second: a server whose syncs are 10 s apart has lost its permission.</summary>
internal sealed class SyncWatch : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<Guid, DateTime> _last = [];
    private readonly Lock _lock = new();
    private readonly List<double> _all = [];
    private int _taken;
    private Task _watching = Task.CompletedTask;

    private SyncWatch(NpgsqlDataSource source) => _source = source;

    /// <summary>The milliseconds between one sync and the next one.</summary>
    public IReadOnlyList<double> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _all];
            }
        }
    }

    public static SyncWatch Start(PostgresServer database)
    {
        var watch = new SyncWatch(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = database.SocketDirectory,
            Port = database.Port,
            Database = MandosDatabase.Name,
            Username = PostgresServer.Administrator,
        }));
        watch._watching = watch.WatchAsync();
        return watch;
    }

    /// <summary>Those since the last call.</summary>
    public IReadOnlyList<double> TakeGaps()
    {
        lock (_lock)
        {
            double[] gaps = [.. _all.Skip(_taken)];
            _taken = _all.Count;
            return gaps;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _source.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(_stop.Token);
        await using var command = new NpgsqlCommand("SELECT id, synced FROM mandos.server WHERE synced IS NOT NULL", connection);
        await command.PrepareAsync(_stop.Token);
        while (true)
        {
            await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(_stop.Token))
            {
                while (await reader.ReadAsync(_stop.Token))
                {
                    Note(reader.GetGuid(0), reader.GetDateTime(1));
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _stop.Token);
        }
    }

    private void Note(Guid server, DateTime synced)
    {
        if (_last.TryGetValue(server, out DateTime before) && synced > before)
        {
            lock (_lock)
            {
                _all.Add((synced - before).TotalMilliseconds);
            }
        }

        _last[server] = synced;
    }
}
