using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Transitions;

/// <content>What was decided of a client before its keys come back by another name, or are those of another client.</content>
public sealed partial class RotationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Removed_Promoted_RetiredKeyGetsNothingByAnotherName(bool isRestart)
    {
        _rig.Start(Define());
        Promote();
        _rig.Remove("a");
        using EngineRig? other = isRestart ? Restart(Define()) : null;
        EngineRig rig = other ?? _rig;

        rig.Reload(Define(name: "renamed"));
        Assert.Equal((null, null), (Ask(rig, "a"), Ask(rig, "b")));
        rig.Reload(Define(next: null, name: "tidied"));
        Assert.Equal((null, null), (Ask(rig, "a"), Ask(rig, "b")));

        rig.Forget("a");
        rig.Reload(Define(name: "renamed"));
        Assert.Equal((Old, New), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void RemovedOrDisabled_NextKeyGetsNothingByAnotherName(bool isDisabled, bool isRestart)
    {
        _rig.Start(Define());
        if (isDisabled)
        {
            _rig.Disable("a");
        }
        else
        {
            _rig.Remove("a");
        }

        using EngineRig? other = isRestart ? Restart(Define("b", null, name: "c")) : null;
        EngineRig rig = other ?? _rig;
        rig.Reload(Define("b", null, name: "c"));

        Assert.Equal((null, null), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("b")]
    public void Disabled_NextKeyGoesToAnotherClient_GetsNothing(string? next)
    {
        _rig.Start(Define());
        _rig.Disable("a");
        ClientDefinition c = next is null ? Define("b", null, name: "c") : Define("c", next, name: "c");

        _rig.Reload(Define(next: null), c);

        Assert.Equal((null, null), (Ask("a"), Ask("b")));
        Assert.Equal(next is null ? null : EngineRig.FileSecret("c"), Ask("c"));
    }

    [Fact]
    public void Disabled_WithANextKey_BothAreServedOnceItIsEnabledAndStarted()
    {
        _rig.Start(Define());
        _rig.Disable("a");
        using EngineRig rig = Restart(Define());
        rig.Enable("a");
        Promote(rig);

        rig.Reload(Define("b", null));

        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Fact]
    public void RemovedOrDisabled_RetiredKeyIsThatOfAnotherClient_ThatIsServed()
    {
        _rig.Start(Define());
        Promote();
        _rig.Reload(Define("b", null), Define("a", null, name: "c"));
        Assert.Equal((Old, New), (Ask("a"), Ask("b")));

        _rig.Disable("a");
        using EngineRig rig = Restart(Define("a", null, name: "c"));
        Assert.Equal((Old, null), (Ask(rig, "a"), Ask(rig, "b")));
        rig.Reload(Define("b", null), Define("a", null, name: "c"));
        rig.Remove("a");
        rig.Reload(Define("b", null), Define("a", null, name: "c"));

        Assert.Equal((Old, null), (Ask(rig, "a"), Ask(rig, "b")));
        Assert.True(rig["c"].Enabled);
    }

    [Theory]
    [InlineData(false, "a")]
    [InlineData(true, "a")]
    [InlineData(true, "renamed")]
    public void Reload_RolledBackAndThenRotatedAgain_HasToBeTriedAgain(bool wasDisabled, string name)
    {
        _rig.Start(Define());
        Promote();
        if (wasDisabled)
        {
            _rig.Disable("a");
        }

        _rig.Reload(Define(next: null));
        _rig.Enable("a");
        Assert.Equal((Old, null), (Ask("a"), Ask("b")));

        _rig.Reload(Define(name: name));

        bool isDecided = name != "a"; // it was another client that was disabled with that key
        Assert.Equal((Old, isDecided ? null : New), (Ask("a"), Ask("b")));
        if (!isDecided)
        {
            Check();
            Assert.Equal(EngineRig.KeyId("b"), _rig["a"].Settings.KeyId);
            using EngineRig rig = Restart(Define());
            Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("renamed")]
    public void Restart_PromotedAndTheFilesNextKeyIsFaulty_RetiredKeyGetsNothing(string name)
    {
        _rig.Start(Define());
        Promote();

        using EngineRig faulty = Restart(Define(next: null, name: name) with { IsNextFaulty = true });
        Assert.Null(Ask(faulty, "a"));
        Assert.Null(Ask(faulty, "b"));
        faulty.Pass(_second);
        faulty.Settle();

        using EngineRig mended = new EngineRig { Store = new FakeStore(faulty.Store.Durable) }.Start(Define(name: name));
        Assert.Equal(New, Ask(mended, "b"));
        Assert.Null(Ask(mended, "a"));
    }

    [Fact]
    public void Restart_NextKeyOfTheFilesIsFaulty_PresentOneIsServed()
    {
        _rig.Start(Define());

        using EngineRig faulty = Restart(Define(next: null) with { IsNextFaulty = true });
        Assert.Equal(Old, Ask(faulty, "a"));
        Assert.Null(Ask(faulty, "b"));
    }

    [Fact]
    public void Reload_NextKeyWasThatOfARemovedClient_HasNoEffect()
    {
        _rig.Start(Define(next: null), EngineRig.Define("b"));
        _rig.Remove("b");

        _rig.Reload(Define());

        Assert.Equal((Old, null), (Ask("a"), Ask("b")));
        Assert.True(_rig.Log.Has(LogLevel.Warning, "was removed or disabled with that key"));
    }

    [Fact]
    public void Reload_NextKeyWasThatOfAClientThatLeaves_GoesOver()
    {
        _rig.Start(Define(next: null), EngineRig.Define("b", secret: "former"));

        _rig.Reload(Define());

        Assert.Equal((Old, New), (Ask("a"), Ask("b")));
    }

    [Fact]
    public void Reload_RemovedClientWithTheNextKeyIsForgotten_NextKeyIsValidWithTheSameFiles()
    {
        bool areSame = false;
        using var rig = new EngineRig { Options = new EngineOptions { AreClientsSame = () => areSame } };
        rig.Start(Define(next: null), EngineRig.Define("b"));
        rig.Remove("b");
        rig.Reload(Define());
        Assert.Null(Ask(rig, "b"));
        areSame = true;

        rig.Forget("b");
        rig.Reload(Define());

        Assert.Equal((Old, New), (Ask(rig, "a"), Ask(rig, "b")));
        rig.File = static () => throw new InvalidOperationException("it is in force, so nobody reads it");
        rig.Run(rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TidiedBeforeThePromotion_Tried_IsProven(bool isRestart)
    {
        _rig.Start(Define());
        Ask("a");
        _rig.Pass(_second);
        Ask("b");
        DateTimeOffset tried = Rotation!.TriedAt!.Value;
        _rig.TakeEvents();

        using EngineRig? other = isRestart ? Restart(Define("b", null)) : null;
        EngineRig rig = other ?? _rig;
        rig.Reload(Define("b", null));

        Assert.Equal(tried, rig["a"].ProvenAt);
        Assert.DoesNotContain("BootUnproven", rig.TakeEvents());
        rig.Change("a", ClientChange.Of(ClientSetting.Host, "elsewhere"));
        Assert.Null(rig["a"].ProvenAt);
    }

    [Fact]
    public void TidiedBeforeThePromotion_WithAnotherSecret_IsUnproven()
    {
        _rig.Start(Define());
        Ask("b");
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("b", secret: "another") with { Name = "a" });

        Assert.Null(_rig["a"].ProvenAt);
        Assert.Contains("BootUnproven", _rig.TakeEvents());
    }
}
