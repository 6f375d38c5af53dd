using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Model;

/// <content>The server stops and starts.</content>
internal sealed partial class RandomRun
{
    private void Restart()
    {
        if (_random.Next(2) == 0)
        {
            StopInOrder();
        }
        else
        {
            Did("crash");
            _rig.Engine.Dispose();
            foreach (ModelConnection x in _model.Connections)
            {
                x.Peer.GoAway();
            }
        }

        Dictionary<string, ModelRecord> saved = [];
        foreach (string name in _names)
        {
            StoredClient? stored = _rig.Store[name];
            List<(long At, ModelRecord? Record)> history = _history[name];
            int found = history.FindLastIndex(version => Matches(stored, version.Record));
            Assert.True(
                found >= 0,
                $"what is saved of {name} is none of its {history.Count} last states: {stored} / {history[^1].Record}");
            ModelRecord? record = history[found].Record;
            _history[name] = [(long.MinValue, record)];
            if (record is not null)
            {
                saved[name] = record with { SavedAt = stored!.SavedAt, DeniedUntil = stored.DeniedUntil };
            }
        }

        Assert.All(_rig.Store.Durable, stored => Assert.DoesNotContain(SecretMark, stored.ToString()!, StringComparison.Ordinal));
        IReadOnlyList<StoredClient> durable = _rig.Store.Durable;
        int downTime = _random.Next(3) switch { 0 => 0, 1 => _random.Next(1, 60_000), _ => _random.Next(1, 2_000_000) };
        _clock.Advance(TimeSpan.FromMilliseconds(downTime));
        _model.Now += downTime;
        if (_random.Next(10) == 0)
        {
            _model.WallOffset = _clock.WallOffset = TimeSpan.FromDays(_random.Next(-20_000, 20_000));
        }

        _storeFails = _storeHangs = false;
        _healthySince = long.MinValue / 2;
        bool restore = _random.Next(8) > 0;
        Did($"start after {downTime} ms, restore {restore}, wall offset {_clock.WallOffset}");
        Start(restore, saved, durable);
    }

    private void Start(bool restore, Dictionary<string, ModelRecord> saved, IReadOnlyList<StoredClient>? durable = null)
    {
        // Not zero: the first check would come before the subscription to events.
        double firstCheck = _random.Next(1, 1000) / 1000.0;
        _rig = new EngineRig
        {
            Clock = _clock,
            Log = _log,
            Store = new FakeStore(durable),
            Key = _key,
            FirstCheck = firstCheck,
            Checker = new FakeChecker { KeepsPrepared = false },
            Options = new EngineOptions { Restore = restore, MaxRequestsPerClient = ModelServer.MaxRequestsPerClient },
        };
        foreach ((string name, CheckPlan plan) in _plans)
        {
            _rig.Checker[name] = plan;
        }

        _secrets.Clear();
        _model.Start(_file.Values, saved, restore, firstCheck);
        _rig.Start(Define(_file.Values));
        _mirror.Clear();
        _heard.Clear();
        _heardNotFound = 0;
        foreach (ClientSnapshot client in _rig.Events.Clients)
        {
            _mirror[client.Name] = client;
        }

        foreach (string name in _names)
        {
            _heard[name] = new ModelCounts();
            NoteState(name);
        }

        _model.Fire();
        Settle();
    }

    private void StopInOrder()
    {
        Did("stop in order");
        bool healthy = !_storeFails && !_storeHangs;
        Task stop = _rig.Engine.StopAsync(CancellationToken.None);
        _rig.Until(() => stop.IsCompleted || IsWaitingAtStop(), "the stop to end or to wait");
        while (!stop.IsCompleted)
        {
            // A check that does not die or a save that hangs: the stop goes on without.
            _clock.Advance(TimeSpan.FromSeconds(1));
            _model.Now += 1000;
            _rig.Until(() => stop.IsCompleted || IsWaitingAtStop(), "the stop to end or to wait");
        }

        stop.GetAwaiter().GetResult();
        ReadEvents();
        Assert.True(_rig.Events.Events.Completion.IsCompletedSuccessfully, "the events did not end");
        Assert.All(_model.Connections, static x => Assert.True(x.Peer.IsDisposed, "a connection outlived the stop"));
        Assert.Empty(_rig.Engine.Parts.Connections.Table.All);
        _secrets.AddRange(_rig.Engine.Parts.Clients.All.Select(static client => client.Secret));
        _rig.Engine.Dispose();
        Assert.All(_secrets, static secret => Assert.Equal(-1, secret.Memory.Span.IndexOfAnyExcept((byte)0)));
        if (healthy)
        {
            foreach (List<(long, ModelRecord?)> history in _history.Values)
            {
                history.RemoveRange(0, history.Count - 1);
            }
        }
    }

    /// <summary>Whether the stop waits for what takes the time of its own clock; a save that does not hang takes none.</summary>
    private bool IsWaitingAtStop()
        => _rig.Engine.Parts.Connections.Table.All.Count == 0
            && (_rig.Store.IsHanging
                || (!_rig.Engine.Parts.Keeper.IsSaving && _names.Any(name => _rig.Checker.RunningOf(name).Count > 0)));
}
