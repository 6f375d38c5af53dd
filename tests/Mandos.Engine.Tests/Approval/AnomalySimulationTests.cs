using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Approval;

/// <summary>Many boots, as machines make them, and as somebody with a copied key does: who is held.</summary>
public sealed class AnomalySimulationTests : IDisposable
{
    private const int Boots = 10_000;
    private const string Machine = "a";

    private static readonly TimeSpan _boot = TimeSpan.FromSeconds(70);

    private readonly Random _random = new(20261130);
    private readonly EngineRig _rig = new() { Checker = new FakeChecker { ProvesIdentity = true, KeepsPrepared = false } };
    private string _card = NewCard(1);
    private int _cards = 1;

    public void Dispose() => _rig.Dispose();

    /// <summary>Which boots of an honest machine wait for a person: none at the default, and only those with a new network card or after failed starts with “hold”.</summary>
    [Theory]
    [InlineData(AnomalyBehaviour.Log)]
    [InlineData(AnomalyBehaviour.Hold)]
    public void Boots_OfTheMachine_AreHeldForAReasonAlone(string behaviour)
    {
        Start(behaviour);
        int held = 0;
        int odd = 0;
        for (int boot = 0; boot < Boots; boot++)
        {
            bool isOdd = Off(out int failedStarts, out string address);
            odd += isOdd ? 1 : 0;
            for (int start = 0; start <= failedStarts; start++)
            {
                held += Boot(address) ? 1 : 0;
                _rig.Pass(_boot);
            }

            Up();
        }

        Assert.InRange(odd, Boots / 100, Boots / 10);
        Assert.Equal(behaviour == AnomalyBehaviour.Log ? 0 : odd, held);
        Assert.Equal(odd, _rig.Audit.Anomalies.Count);
    }

    [Fact]
    public void Requests_OfACopyWhileTheMachineRuns_AreHeldEveryTime()
    {
        Start(AnomalyBehaviour.Hold);
        for (int i = 0; i < Boots / 10; i++)
        {
            FakePeer copy = _rig.Hold(Machine, _random.Next(2) == 0 ? _card : Lease());
            copy.GoAway();
            _rig.Finish(copy);
            _rig.Pass(TimeSpan.FromSeconds(_random.Next(1, 300)));
            _rig.MarkCheckedOk(Machine);

            Assert.Null(copy.Received);
        }
    }

    /// <summary>The machine goes down, and something may be done to it.</summary>
    /// <param name="failedStarts">How often it will fail to start.</param>
    /// <param name="address">From where it asks then.</param>
    /// <returns>Whether one of its requests will look as if another machine had made it.</returns>
    private bool Off(out int failedStarts, out string address)
    {
        _rig.Checker.Plan(Machine, CheckResult.Exited(1));
        int what = _random.Next(100);
        if (what is >= 8 and < 12)
        {
            _rig.ExpectReboot(Machine, TimeSpan.FromHours(3));
            _rig.Pass(TimeSpan.FromHours(2)); // longer than its timeout
        }

        _rig.Pass(TimeSpan.FromSeconds(_random.Next(5, 200))); // from a quick reboot to one that takes long
        failedStarts = what switch
        {
            < 2 => 3, // a boot loop
            < 6 => _random.Next(1, 3),
            _ => 0,
        };
        bool isNewCard = what is >= 6 and < 8;
        _card = isNewCard ? NewCard(++_cards) : _card;
        address = isNewCard || _random.Next(2) == 0 ? _card : Lease();
        return isNewCard || failedStarts == 3;
    }

    /// <returns>Whether a person had to approve.</returns>
    private bool Boot(string address)
    {
        FakePeer peer = _rig.Connect(Machine, address);
        _rig.Until(() => peer.Received is not null || _rig[Machine].ApprovalsPending == 1, "the secret, or a wait");
        bool isHeld = peer.Received is null;
        if (isHeld)
        {
            _rig.Approve(Machine, true);
        }

        _rig.Finish(peer);
        Assert.NotNull(peer.Received);
        return isHeld;
    }

    private void Up()
    {
        _rig.SettleChecks(); // a late one of while it was off would find it up, and say so at its next start
        _rig.Checker.Plan(Machine, FakeChecker.Success);
        _rig.MarkCheckedOk(Machine);
    }

    private void Start(string behaviour) => _rig.Start(EngineRig.Define(
        Machine,
        s => s with
        {
            Anomaly = behaviour, Timeout = TimeSpan.FromHours(1), ExtendedTimeout = TimeSpan.FromHours(1), Interval = TimeSpan.FromMinutes(30),
            ApprovalDuration = TimeSpan.Zero,
        }));

    /// <summary>An address that DHCP gives.</summary>
    private string Lease() => $"192.0.2.{_random.Next(1, 250)}";

    private static string NewCard(int number) => $"fe80::211:22ff:fe{number >> 16:x2}:{number & 0xFFFF:x}";
}
