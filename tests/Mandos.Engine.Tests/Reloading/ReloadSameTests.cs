using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Reloading;

/// <summary>A reload of files that hold what they held reads nothing, unless something else than the files has changed what is in force.</summary>
public sealed class ReloadSameTests : IDisposable
{
    private readonly EngineRig _rig;
    private bool _areSame = true;
    private int _reads;

    public ReloadSameTests()
    {
        _rig = new EngineRig { Options = new EngineOptions { AreClientsSame = () => _areSame } };
        _rig.Start(EngineRig.Define("one"), EngineRig.Define("two"));
        _rig.Settle();
        _rig.TakeEvents();
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Reload_Same_ReadsNothingAndSaysWhatItAlwaysSays()
    {
        Reload(0, "one", "two");

        Assert.Empty(_rig.TakeEvents());
        Assert.True(_rig.Log.Has(LogLevel.Information, "Configuration re-read: 2 clients, 0 added, 0 removed, 0 changed"));
    }

    [Fact]
    public void Reload_NotSame_ReadsAndTheNextOneNeedNot()
    {
        _areSame = false;
        Reload(1, "one");
        Assert.Equal(["one"], Names());

        _areSame = true;
        Reload(1, "one");
        Assert.Equal(["one"], Names());
    }

    [Fact]
    public void Reload_AClientWasForgottenAfterItsRemoval_BringsItBack()
    {
        _rig.Remove("two");
        _rig.Forget("two");

        Reload(1, "one", "two");

        Assert.Equal(["one", "two"], Names());
    }

    [Fact]
    public void Reload_AClientWasAddedByACommand_ReadsNothing()
    {
        _rig.Add("three");

        Reload(0, "one", "two");

        Assert.Equal(["one", "three", "two"], Names());
    }

    [Fact]
    public void Reload_TheOneBeforeFailed_Reads()
    {
        _areSame = false;
        _rig.File = () => throw new Mandos.Abstractions.Control.ConfigurationException(["no"]);
        Assert.Throws<Mandos.Abstractions.Control.ConfigurationException>(
            () => _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None)));

        _areSame = true;
        Reload(1, "one");

        Assert.Equal(["one"], Names());
    }

    private string[] Names() => [.. _rig.Engine.Parts.Clients.All.Select(static client => client.Name).Order()];

    private void Reload(int reads, params string[] names)
    {
        _rig.File = () =>
        {
            _reads++;
            return [.. names.Select(static name => EngineRig.Define(name))];
        };
        _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));
        Assert.Equal(reads, _reads);
    }
}
