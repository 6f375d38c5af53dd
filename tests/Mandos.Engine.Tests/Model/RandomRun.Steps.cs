using Mandos.Abstractions.Checking;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Model;

/// <content>What peers, time and checks do.</content>
internal sealed partial class RandomRun
{
    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 26:
                Connect();
                break;
            case < 44:
                MoveConnection();
                break;
            case < 60:
                Advance();
                break;
            case < 66:
                PlanChecks();
                break;
            case < 70:
                EndOneCheck();
                break;
            case < 93:
                Command();
                break;
            case < 95:
                ChangeStore();
                break;
            case < 96:
                _model.WallOffset = _clock.WallOffset = TimeSpan.FromMilliseconds(_random.Next(-100_000_000, 100_000_000));
                Did("wall clock jumps");
                break;
            case < 98:
                ChangeFile();
                if (_random.Next(2) == 0)
                {
                    Reload();
                }

                break;
            default:
                if (_random.Next(3) == 0)
                {
                    Restart();
                }

                break;
        }

        Settle();
    }

    private void Connect()
    {
        if (_model.Connections.Count >= MaxConnections)
        {
            return;
        }

        string? key = _random.Next(8) switch { 0 => null, _ => Pick(_keys[Pick(_names)].TakeLast(3).ToArray()) };
        var peer = new FakePeer(Pick(_addresses)) { ClosesAfterServer = _random.Next(5) > 0 };
        var connection = new ModelConnection(peer)
        {
            Key = key,
            HandshakeSucceeds = _random.Next(10) switch { 0 => false, 1 => null, _ => true },
            WriteSucceeds = _random.Next(10) switch { 0 => false, 1 or 2 => null, _ => true },
        };
        SetHandshake(connection);
        SetWrite(connection);
        int line = _random.Next(20);
        Did($"connect {key ?? "nobody"}: line {line}, handshake {connection.HandshakeSucceeds}, "
            + $"write {connection.WriteSucceeds}, closes {peer.ClosesAfterServer}");
        _model.Connect(connection);
        _rig.Connect(peer);
        switch (line)
        {
            case 0: // silent
                break;
            case 1:
                peer.Bytes.Send("1"u8);
                connection.HasSentHalf = true;
                break;
            case 2:
                peer.Bytes.Send("2\r\n"u8);
                _model.LineReceived(connection, false);
                break;
            case 3:
                peer.Bytes.Send(new byte[300]);
                _model.LineReceived(connection, false);
                break;
            case 4:
                peer.Bytes.Send("1\r\n"u8);
                peer.Bytes.Send(peer.Hello);
                _model.LineReceived(connection, true);
                break;
            default:
                peer.Bytes.Send([.. "1\r\n"u8, .. peer.Hello]);
                _model.LineReceived(connection, true);
                break;
        }
    }

    private void MoveConnection()
    {
        if (_model.Connections.Count == 0)
        {
            return;
        }

        ModelConnection x = _model.Connections[_random.Next(_model.Connections.Count)];
        if (_random.Next(4) == 0)
        {
            Did($"peer goes away from {x.Phase} of {x.Key}");
            if (x.Phase == ModelPhase.Held && _random.Next(2) == 0)
            {
                x.Peer.Gone.TrySetException(new InvalidOperationException("a fault in waiting"));
            }

            x.Peer.GoAway();
            _model.PeerGone(x);
            return;
        }

        bool success = _random.Next(4) > 0;
        Did($"peer goes on from {x.Phase} of {x.Key}: {success}");
        switch (x.Phase)
        {
            case ModelPhase.FirstLine:
                // Either it was silent, or it has sent "1" so far.
                x.Peer.Bytes.Send([.. x.HasSentHalf ? ""u8 : "1"u8, .. success ? "\r\n"u8 : "0\n"u8, .. x.Peer.Hello]);
                _model.LineReceived(x, success);
                break;
            case ModelPhase.Handshake:
                x.HandshakeSucceeds = success;
                SetHandshake(x);
                _model.HandshakeEnded(x, success);
                break;
            case ModelPhase.Sending:
                x.WriteSucceeds = success;
                SetWrite(x);
                _model.WriteEnded(x, success);
                break;
            case ModelPhase.Closing or ModelPhase.Refused:
                x.Peer.Bytes.End();
                _model.PeerGone(x);
                break;
        }
    }

    private void Advance()
    {
        long time = _random.Next(10) switch
        {
            < 3 => _random.Next(1, 300),
            < 6 => _random.Next(300, 20_000),
            < 9 => _random.Next(20_000, 400_000),
            _ => _random.Next(400_000, 4_000_000),
        };
        Did($"{time} ms pass");
        long end = _model.Now + time;
        for (int i = 0; i < MostInstants && _model.Now < end; i++)
        {
            AdvanceTo(Math.Min(end, _model.Next() ?? end));
            Settle();
        }
    }

    private void AdvanceTo(long time)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(time - _model.Now));
        _model.Now = time;
        _model.Fire();
    }

    private void PlanChecks()
    {
        string name = Pick(_names);
        CheckResult result = _random.Next(4) switch
        {
            0 => CheckResult.Exited(_random.Next(1, 256)),
            1 => CheckResult.Signaled(_random.Next(1, 128)),
            2 => CheckResult.Failed("no network"),
            _ => FakeChecker.Success,
        };
        var plan = new CheckPlan(
            _random.Next(20) switch
            {
                0 => CheckMode.Hangs,
                1 => CheckMode.IsStubborn,
                2 => CheckMode.Throws,
                3 => CheckMode.CannotBePrepared,
                4 => CheckMode.ThrowsInPreparing,
                _ => CheckMode.Ends,
            },
            _random.Next(3) > 0 ? FakeChecker.Success : result);
        _plans[name] = _rig.Checker[name] = plan;
        Did($"checks of {name}: {plan.Mode} {plan.Result.Outcome} {plan.Result.WaitStatus}");
    }

    private void EndOneCheck()
    {
        string name = Pick(_names);
        if (!_model.Clients.TryGetValue(name, out ModelClient? c) || _rig.Checker.RunningOf(name) is not [FakeCheck check, ..])
        {
            return;
        }

        CheckResult result = _random.Next(2) == 0 ? FakeChecker.Success : CheckResult.Exited(1);
        if (c.Dying > 0)
        {
            Did($"stopped check of {name} dies");
            ModelServer.CheckDied(c);
        }
        else if (c.Check == ModelCheck.Running)
        {
            Did($"check of {name} ends: {result.WaitStatus}");
            _model.EndCheck(c, result);
        }

        check.End(result);
        _model.RunChecks();
    }
}
