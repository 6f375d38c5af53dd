using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Model;

/// <content>What people do: commands, files, and what becomes of the store.</content>
internal sealed partial class RandomRun
{
    private void Command()
    {
        string name = Pick(_names);
        IMandosServer server = _rig.Engine.Server;
        CancellationToken none = CancellationToken.None;
        ModelClient? c = _model.Clients.GetValueOrDefault(name);
        switch (_random.Next(44))
        {
            case < 10:
                name = _model.Clients.Values.FirstOrDefault(static client => !client.Enabled)?.Name ?? name;
                c = _model.Clients.GetValueOrDefault(name);
                Do($"enable {name}", c, () => server.EnableAsync(name, EngineRig.Person, none), _model.Enable);
                break;
            case < 12:
                Do($"disable {name}", c, () => server.DisableAsync(name, EngineRig.Person, none), _model.Disable);
                break;
            case < 16:
                bool approves = true;
                Do($"approve {name}", c,
                    () => approves ? server.ApproveAsync(name, true, EngineRig.Person, none)
                        : Assert.ThrowsAsync<ConflictingRequestsException>(() => server.ApproveAsync(name, true, EngineRig.Person, none)),
                    client => approves = _model.Approve(client, true),
                    saves: false);
                break;
            case < 17 when c?.Settings.ApprovalDelay > TimeSpan.Zero:
                DecideOne();
                break;
            case < 18:
                Do($"deny {name}", c, () => server.ApproveAsync(name, false, EngineRig.Person, none), client => _model.Approve(client, false),
                    saves: false);
                break;
            case < 20:
                Do($"checked ok {name}", c, () => server.MarkCheckedOkAsync(name, EngineRig.Person, none), _model.CheckedOk);
                break;
            case < 23:
                Do($"start checker {name}", c, () => server.StartCheckerAsync(name, EngineRig.Person, none), ModelServer.StartCheck, saves: false);
                break;
            case < 25:
                Do($"stop checker {name}", c, () => server.StopCheckerAsync(name, EngineRig.Person, none), ModelServer.StopCheck, saves: false);
                break;
            case < 32:
                (ClientChange change, Func<ClientSettings, ClientSettings> apply) = RandomChange();
                Do($"change {name}: {change}", c, () => server.ChangeAsync(name, change, EngineRig.Person, none),
                    client => _model.Change(client, apply));
                break;
            case < 35:
                string secret = c is not null && _random.Next(3) == 0 ? c.File.Secret : NewSecret(c?.Key ?? name);
                Do($"secret of {name}: {secret}", c, () => server.SetSecretAsync(name, Encoding.ASCII.GetBytes(secret), EngineRig.Person, none),
                    client => _model.SetSecret(client, secret));
                break;
            case < 36 when _random.Next(2) == 0:
                Forget(name);
                break;
            case < 39 when _random.Next(2) == 0:
                AddClient(_random.Next(3) == 0 ? name : Pick(_addedNames));
                break;
            case 39 or 40 or 41:
                // Odd times: nothing else is due then
                var plan = new RebootPlan(TimeSpan.FromMilliseconds(Pick([0, 30_071, 600_073, 4_000_079])))
                {
                    Reason = _random.Next(2) == 0 ? "reason" : null, NeedsNoApproval = _random.Next(3) > 0,
                };
                bool may = c is not null && _model.MayExpectReboot(c, plan);
                Do($"reboot of {name}: {plan}", c,
                    () => may || c is null ? server.ExpectRebootAsync(name, plan, EngineRig.Person, none)
                        : Assert.ThrowsAsync<ClientDisabledException>(() => server.ExpectRebootAsync(name, plan, EngineRig.Person, none)),
                    client => _model.ExpectReboot(client, plan), saves: may);
                break;
            case 42:
                TimeSpan valid = TimeSpan.FromMilliseconds(Pick([0, 20_083, 900_089]));
                Do($"rehearse {name}: {valid}", c, () => server.RehearseAsync(name, valid, EngineRig.Person, none), client => _model.Rehearse(client, valid));
                break;
            case 43:
                bool hasNext = c?.File.Next is not null;
                Do($"promote {name}: {c?.File.Next?.Key}", c,
                    () => hasNext || c is null ? server.PromoteAsync(name, EngineRig.Person, none)
                        : Assert.ThrowsAsync<NoNextKeyException>(() => server.PromoteAsync(name, EngineRig.Person, none)),
                    client =>
                    {
                        if (hasNext)
                        {
                            _model.Promote(client);
                        }
                    },
                    saves: hasNext);
                break;
            default:
                if (_random.Next(2) == 0)
                {
                    name = _random.Next(2) == 0 ? Pick(_addedNames) : name;
                    Do($"remove {name}", _model.Clients.GetValueOrDefault(name), () => server.RemoveAsync(name, EngineRig.Person, none), _model.Remove);
                }

                break;
        }
    }

    private void DecideOne()
    {
        ModelConnection[] waiting = [.. _model.Connections.Where(static x => x.Phase == ModelPhase.Held)];
        if (waiting.Length > 0)
        {
            ModelConnection x = waiting[_random.Next(waiting.Length)];
            bool approved = _random.Next(3) > 0;
            long id = _rig[x.Client!.Name].Requests[Array.IndexOf(_model.WaitingFor(x.Client), x)].Id;
            Do($"{(approved ? "approve" : "deny")} request {id} of {x.Client.Name}", x.Client,
                () => _rig.Engine.Server.DecideAsync(id, approved, EngineRig.Person, CancellationToken.None), _ => _model.DecideOne(x, approved), saves: false);
        }
    }

    private void AddClient(string name)
    {
        ModelDefinition d = RandomDefinition(name) with { Next = null };
        bool isAdded = _model.AddClient(d);
        Did($"{(isAdded ? "add" : "add-again")} {name}");
        if (isAdded)
        {
            NoteState(name);
            if (!_storeFails && !_storeHangs)
            {
                _history[name].RemoveRange(0, _history[name].Count - 1);
            }

            _model.RunChecks();
        }

        Task task = _rig.Engine.Server.AddClientAsync(
            new NewClient { Name = name, Settings = d.Settings, Enabled = d.Enabled }, Encoding.ASCII.GetBytes(d.Secret), EngineRig.Person,
            CancellationToken.None);
        if (!isAdded)
        {
            Assert.Throws<ClientExistsException>(() => _rig.Run(task));
        }
        else if (!_storeHangs)
        {
            RunCommand(task);
        }
    }

    private void Forget(string name)
    {
        Did($"forget {name}");
        Task<IReadOnlyList<KeptClient>> kept = _rig.Engine.Server.GetKeptClientsAsync(CancellationToken.None).AsTask();
        _rig.Run(kept);
        bool hasKept = kept.GetAwaiter().GetResult().Any(client => client.Name == name);
        Task command = _rig.Engine.Server.ForgetAsync(name, EngineRig.Person, CancellationToken.None);
        if (_model.Absent.GetValueOrDefault(name) is null)
        {
            if (hasKept)
            {
                if (!_storeHangs)
                {
                    RunCommand(command); // it was disabled with a next key that it has no more, which the model does not keep
                }

                return;
            }

            Assert.Throws<UnknownClientException>(() => _rig.Run(command));
            return;
        }

        _model.Absent.Remove(name);
        Note(name, null);
        if (!_storeHangs)
        {
            RunCommand(command);
        }
    }

    private void Do(string what, ModelClient? c, Func<Task> command, Action<ModelClient> model, bool saves = true)
    {
        Did(what);
        if (c is null)
        {
            Assert.Throws<UnknownClientException>(() => _rig.Run(command()));
            return;
        }

        model(c);
        NoteState(c.Name);
        bool waits = _storeHangs || c.Check == ModelCheck.Queued;
        if (saves && !_storeFails && !waits)
        {
            // When the command has returned, at least this is on disk.
            _history[c.Name].RemoveRange(0, _history[c.Name].Count - 1);
        }

        _model.RunChecks();
        Task task = command();
        if (!waits)
        {
            RunCommand(task);
        }
    }

    private void RunCommand(Task task)
    {
        try
        {
            _rig.Run(task);
        }
        catch (NotSavedException) when (_storeFails)
        {
            // It is in force, as the model says.
        }
    }

    private void ChangeStore()
    {
        switch (_random.Next(4))
        {
            case 0:
                Did("store fails");
                _rig.Store.Error = new StateStoreException("the disk is full");
                _storeFails = true;
                break;
            case 1 when !_storeFails:
                Did("store hangs");
                _rig.Store.Hang();
                _storeHangs = true;
                break;
            default:
                if (_storeFails || _storeHangs)
                {
                    HealStore();
                }

                break;
        }
    }

    private void HealStore()
    {
        Did("store works");
        _rig.Store.Error = null;
        _rig.Store.Release();
        _storeFails = _storeHangs = false;
        _healthySince = _model.Now;
    }

    private void ChangeFile()
    {
        string name = _random.Next(8) == 0 ? Pick(_addedNames) : Pick(_fileNames);
        if (!_file.TryGetValue(name, out ModelDefinition? old))
        {
            Did($"file: {name} is back");
            ModelDefinition d = RandomDefinition(name);
            _file[name] = _random.Next(2) == 0 && _model.Clients.TryGetValue(name, out ModelClient? c) && c.Key == d.Key ? d with { Secret = c.Secret } : d;
            return;
        }

        if (name != LegacyName && _random.Next(3) > 0)
        {
            Rotate(name, old);
            return;
        }

        Did($"file: {name} changes");
        switch (_addedNames.Contains(name) ? 0 : _random.Next(6))
        {
            case 0:
                _file.Remove(name);
                _gone[name] = old;
                break;
            case 1 or 2:
                _file[name] = old with { Enabled = !old.Enabled };
                break;
            case 3:
                _file[name] = old with { Secret = NewSecret(old.Key) };
                break;
            default:
                _file[name] = old with { Settings = RandomSettings(name, old.Settings) };
                break;
        }
    }

    /// <summary>The file gives a client a next key, takes it back, gives it another secret, or is tidied.</summary>
    private void Rotate(string name, ModelDefinition old)
    {
        if (_model.Clients.TryGetValue(name, out ModelClient? c) && old.Next is { } next && c.File.Retired == old.Key && c.Key == next.Key)
        {
            if (_random.Next(2) == 0)
            {
                Did($"file: {name} is tidied to {next.Key}");
                _file[name] = old.With(next.Key, next.Secret);
            }

            return;
        }

        if (old.Next is null || _random.Next(4) > 0)
        {
            string key = old.Next is { } same && _random.Next(3) == 0 ? same.Key : $"{name}'{_keys[name].Count}";
            Did($"file: {name} is to have the key {key}");
            if (!_keys[name].Contains(key))
            {
                _keys[name].Add(key);
            }

            _file[name] = old with { Next = (key, NewSecret(key)) };
        }
        else
        {
            Did($"file: {name} has no next key");
            _file[name] = old with { Next = null };
        }
    }

    private void Reload()
    {
        // An empty file comes by mistake alone: it is misspelt, or not there for a while.
        ModelDefinition[] file = _random.Next(8) == 0 ? [] : [.. _file.Values];
        if (_random.Next(8) == 0)
        {
            Did("reload of a bad file");
            _rig.File = static () => throw new ConfigurationException(["it is bad"]);
            Assert.Throws<ConfigurationException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None)));
            return;
        }

        Did($"reload of {file.Length} clients");
        _log.Clear();
        _model.Reload(file);
        foreach (string name in _names)
        {
            NoteState(name);
        }

        bool waits = _storeHangs || _model.Clients.Values.Any(static c => c.Check == ModelCheck.Queued);
        if (!_storeFails && !waits)
        {
            foreach (List<(long, ModelRecord?)> history in _history.Values)
            {
                history.RemoveRange(0, history.Count - 1);
            }
        }

        _model.RunChecks();
        ClientDefinition[] definitions = Define(file);
        _rig.File = () => definitions;
        Task task = _rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None);
        _rig.Until(() => _log.Has(LogLevel.Information, "Configuration re-read"), "the reload to be carried out");
        if (!waits)
        {
            RunCommand(task);
        }
    }

    /// <summary>The clients of a file as the engine gets them, with secrets of its own.</summary>
    private ClientDefinition[] Define(IEnumerable<ModelDefinition> file) =>
    [
        .. file.Select(d => new ClientDefinition
        {
            Name = d.Name, Settings = d.Settings, Enabled = d.Enabled, Secret = NewCopy(d.Secret),
            Next = d.Next is { } next ? new NextKey(EngineRig.KeyId(next.Key), NewCopy(next.Secret)) : null,
        }),
    ];

    private Secret NewCopy(string text)
    {
        var secret = new Secret(Encoding.ASCII.GetBytes(text));
        _secrets.Add(secret);
        return secret;
    }
}
