using System.Collections.Concurrent;
using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Persistence;

/// <summary>Whatever the store does: what a person was told is done is on disk.</summary>
public sealed class DurabilityTests : IDisposable
{
    private const int Steps = 400;

    private static readonly string[] _names = ["a", "b", "c", "d"];

    private readonly EngineRig _rig = new();

    /// <summary>What was acknowledged too early.</summary>
    private readonly ConcurrentQueue<string> _early = [];
    private int _durable;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Command_StoreFailsHangsAndFillsUpAtRandom_IsDurableOnlyOnceItIsOnDisk()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        List<Task> commands = [];
        _rig.Start([.. _names.Select(static name => EngineRig.Define(name))]);
        for (int step = 1; step <= Steps; step++)
        {
            string name = _names[random.Next(_names.Length)];
            switch (random.Next(10))
            {
                case < 5:
                    commands.Add(ChangeAsync(name, step));
                    break;
                case 5:
                    _rig.Store.Error = random.Next(2) == 0 ? new StateStoreException("the disk is full") : null;
                    break;
                case 6:
                    _rig.Store.MostClients = random.Next(2) == 0 ? 1 : int.MaxValue;
                    break;
                case 7:
                    _rig.Store.Hang();
                    break;
                case 8:
                    _rig.Store.Release();
                    break;
                default:
                    _rig.Pass(TimeSpan.FromSeconds(random.NextDouble() * 3));
                    break;
            }

            for (int turns = random.Next(4); turns > 0; turns--)
            {
                Thread.Yield(); // to the store
                _rig.Pass(TimeSpan.Zero);
            }
        }

        (_rig.Store.Error, _rig.Store.MostClients) = (null, int.MaxValue);
        _rig.Store.Release();
        _rig.Run(Task.WhenAll(commands));

        Assert.Empty(_early);
        Assert.NotEqual(0, _durable);
    }

    [Fact]
    public void Disable_WriteHangs_IsOnDiskWithinASecondAndNotAcknowledged()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Settle();
        var peer = new FakePeer { TakesWhatIsOnItsWay = true };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");

        Task<CommandResult> disable = _rig.Engine.Server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => !_rig["a"].Enabled, "the client to be disabled");
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Settle();

        // On disk long before the write has ended, but not acknowledged.
        Assert.False(_rig.Store["a"]!.Client!.Enabled);
        Assert.False(disable.IsCompleted);
        peer.TakeSecret();
        _rig.Run(disable);
        _rig.Finish(peer);
    }

    /// <summary>Gives a client a host that is a number, and looks what the store has when that is acknowledged.</summary>
    private async Task ChangeAsync(string name, int host)
    {
        CommandResult result = await _rig.Engine.Server.ChangeAsync(
            name, ClientChange.Of(ClientSetting.Host, host.ToString(CultureInfo.InvariantCulture)), EngineRig.Person, CancellationToken.None)
            .ConfigureAwait(false);
        string stored = _rig.Store[name]?.Client?.Settings.Host ?? "";
        if (!result.IsDurable)
        {
            return;
        }

        Interlocked.Increment(ref _durable);
        if (!int.TryParse(stored, CultureInfo.InvariantCulture, out int number) || number < host)
        {
            _early.Enqueue($"{name}: {host} is acknowledged as durable, but the store has “{stored}”");
        }
    }
}
