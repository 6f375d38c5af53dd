using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Commands;

/// <summary>What the engine knows of clients that a person adds to the files.</summary>
public sealed class ExamineTests : IDisposable
{
    private readonly EngineRig _rig = new() { Options = new() { Examine = static _ => Task.FromResult(Examined("new", "key")) } };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Examine_NewClient_IsAsTheFilesHaveIt()
    {
        _rig.Start(EngineRig.Define("old"));

        Examination examination = Examine();

        Assert.Equal("new", Assert.Single(examination.Clients).Client.Name);
        Assert.Empty(examination.Problems);
        Assert.Empty(examination.Doubts);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("new")]
    public void Examine_NameOrKeyOfAClientThatACommandAdded_IsAProblem(string name)
    {
        _rig.Start();
        _rig.Add(EngineRig.New(name));

        Assert.Equal(
            [$"[new]: a command has added a client “{name}” of that name or key already; mandos-ctl --remove removes it"], Examine().Problems);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("new")]
    public void Examine_NameOrKeyOfAClientThatWasRemoved_IsAProblem(string name)
    {
        _rig.Start(EngineRig.Define(name));
        _rig.Run(_rig.Engine.Server.RemoveAsync(name, EngineRig.Person, CancellationToken.None));

        Assert.Equal(
            [$"[new]: a client “{name}” of that name or key was removed, so this one would stay away; mandos-ctl --forget {name} forgets that one"],
            Examine().Problems);
    }

    [Fact]
    public void Examine_KeyOfAClientThatLeftDisabled_IsADoubt()
    {
        _rig.Start(EngineRig.Define("key"));
        _rig.Disable("key");
        _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));

        Examination examination = Examine();

        Assert.Empty(examination.Problems);
        Assert.Contains("“key” of that name or key was disabled", Assert.Single(examination.Doubts), StringComparison.Ordinal);
    }

    [Fact]
    public void Examine_TooLong_IsRefused()
    {
        _rig.Start();
        Assert.ThrowsAny<ArgumentException>(() => Examine(ClientLimits.SectionsBytes + 1));
    }

    [Fact]
    public void Examine_WithoutFiles_IsNotSupported()
    {
        using var rig = new EngineRig().Start();
        Task<Examination> task = rig.Engine.Server.ExamineAsync(new byte[1], CancellationToken.None);
        Assert.IsType<NotSupportedException>(task.Exception!.InnerException);
    }

    private static Examination Examined(string name, string key) => new()
    {
        ConfigDirectory = "/etc",
        Clients =
        [
            new ExaminedClient
            {
                Client = new ClientSnapshot { Name = name, Settings = new ClientSettings { KeyId = EngineRig.KeyId(key) }, Created = TestClock.Epoch },
                Line = 1,
                SecretLength = 1,
            },
        ],
    };

    private Examination Examine(int length = 1)
    {
        Task<Examination> task = _rig.Engine.Server.ExamineAsync(new byte[length], CancellationToken.None);
        _rig.Run(task);
        return task.GetAwaiter().GetResult();
    }
}
