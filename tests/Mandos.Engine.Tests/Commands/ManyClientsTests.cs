using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Auditing;
using Mandos.Engine.Tests.Sharing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Commands;

/// <summary>One command for many clients.</summary>
public sealed class ManyClientsTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public static TheoryData<string, ClientAction> Actions => new()
    {
        { "enable", ClientAction.Enable },
        { "disable", ClientAction.Disable },
        { "approve", ClientAction.Approve },
        { "deny", ClientAction.Deny },
        { "mark", ClientAction.MarkCheckedOk },
        { "start", ClientAction.StartChecker },
        { "stop", ClientAction.StopChecker },
        { "remove", ClientAction.Remove },
        { "change", ClientAction.Change(ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromHours(3)).With(ClientSetting.Interval, TimeSpan.FromHours(1))) },
    };

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Actions))]
    public void Command_ForOneAndForMany_HasTheSameEventsAndAudit(string name, ClientAction action)
    {
        using var single = new EngineRig();
        using var many = new EngineRig();
        foreach (EngineRig rig in (EngineRig[])[single, many])
        {
            rig.Start(EngineRig.Define("one"), EngineRig.Define("two", enabled: name != "enable"));
            rig.TakeEvents();
        }

        single.Run(action.CarryOutAsync(single.Engine.Server, "two", EngineRig.Person, CancellationToken.None));
        Assert.Empty(Give(many, action, "two"));
        single.Settle();
        many.Settle();

        Assert.Equal(single.TakeEvents(), many.TakeEvents());
        Assert.Equal(single.Audit.Commands.Select(static record => record.ToString()), many.Audit.Commands.Select(static record => record.ToString()));
    }

    [Fact]
    public void Disable_ManyClients_IsOneSaveAndARecordForEach()
    {
        string[] names = Start(1000);
        int saves = _rig.Store.Saves;

        Assert.Empty(Give(_rig, ClientAction.Disable, names));

        Assert.All(names, name => Assert.False(_rig.Store[name]!.Client!.Enabled));
        Assert.Equal((saves + 1, 1000), (_rig.Store.Saves, _rig.Store.LastBatch));
        Assert.Equal(names.Order(), _rig.Audit.Commands.Where(static record => record.Outcome == CommandOutcome.Done).Select(static record => record.Client!).Order());
    }

    [Fact]
    public void Disable_SomeAreUnknownOrOthers_NamesThemAndDisablesAllOthers()
    {
        Start(250);

        IReadOnlyList<ClientProblem> problems = Give(
            _rig, ClientAction.Disable, "client0", "nosuch", ClientReference.ById("client1", 4711), ClientReference.To(_rig["client2"]), "client249");

        Assert.Equal(["nosuch", "client1"], problems.Select(static problem => problem.Client));
        Assert.All(problems, static problem => Assert.IsType<UnknownClientException>(problem.Error));
        Assert.Equal(["client0", "client2", "client249"], _rig.Engine.Parts.Clients.All.Where(static client => !client.Snapshot.Enabled).Select(static client => client.Name).Order());
    }

    [Fact]
    public void Disable_StoreFails_AreInForceAndEachIsNamed()
    {
        string[] names = Start(150);
        _rig.Store.Error = new StateStoreException("the disk is full");

        IReadOnlyList<ClientProblem> problems = Give(_rig, ClientAction.Disable, [.. names.Select(ClientReference.ByName)]);

        Assert.Equal(names.Order(), problems.Select(static problem => problem.Client).Order());
        Assert.All(problems, static problem => Assert.Contains("the disk is full", problem.Result!.Problem, StringComparison.Ordinal));
        Assert.All(_rig.Engine.Parts.Clients.All, static client => Assert.False(client.Snapshot.Enabled));
    }

    [Fact]
    public void Command_TooManyClientsOrBadValue_ChangesNothing()
    {
        Start(1);
        ClientReference[] many = [.. Enumerable.Repeat(ClientReference.ByName("client0"), ClientLimits.ClientsOfCommand + 1)];

        Assert.Throws<ArgumentException>(() => Give(_rig, ClientAction.Disable, many));
        Assert.Throws<ArgumentException>(
            () => Give(_rig, ClientAction.Change(ClientChange.Of(ClientSetting.Interval, TimeSpan.Zero)), "client0"));

        Assert.True(_rig["client0"].Enabled);
        Assert.Empty(_rig.TakeEvents());
    }

    [Fact]
    public void Command_WhileItIsCarriedOut_OthersHaveTheirTurn()
    {
        string[] names = Start(1000);

        Task<IReadOnlyList<ClientProblem>> command = _rig.Engine.Server.CommandManyAsync(
            [.. names.Select(ClientReference.ByName)], ClientAction.Disable, EngineRig.Person, CancellationToken.None);
        Task<int> between = _rig.Engine.Parts.Services.Loop.InvokeAsync(
            () => _rig.Engine.Parts.Clients.All.Count(static client => client.Snapshot.Enabled), CancellationToken.None);
        _rig.Run(Task.WhenAll(command, between));

        Assert.InRange(Result(between), 1, 999);
    }

    [Fact]
    public void Disable_ManyClientsOfServersThatShare_HoldsAtBothWhenItIsAcknowledged()
    {
        string[] names = [.. Enumerable.Range(0, 250).Select(static i => $"client{i}")];
        using var shared = new SharedRig();
        shared.StartSame(2, clients: names);

        Task<IReadOnlyList<ClientProblem>> command = shared.A.Engine.Server.CommandManyAsync(
            [.. names.Select(ClientReference.ByName)], ClientAction.Disable, EngineRig.Person, CancellationToken.None);
        Assert.True(shared.End(AsResult(command)).IsDurable);

        Assert.Empty(Result(command));
        Assert.All(names, name => Assert.False(shared.B[name].Enabled, name));
    }

    [Fact]
    public void Disable_StoreThatIsSharedIsCutOff_SaysOfEachThatItIsNotSure()
    {
        string[] names = [.. Enumerable.Range(0, 120).Select(static i => $"client{i}")];
        using var shared = new SharedRig();
        shared.StartSame(2, clients: names);
        shared.Stores[0].IsCutOff = true;

        Task<IReadOnlyList<ClientProblem>> command = shared.A.Engine.Server.CommandManyAsync(
            [.. names.Select(ClientReference.ByName)], ClientAction.Disable, EngineRig.Person, CancellationToken.None);
        shared.End(AsResult(command));

        IReadOnlyList<ClientProblem> problems = Result(command);
        Assert.Equal(names.Order(), problems.Select(static problem => problem.Client).Order());
        Assert.All(problems, static problem => Assert.Contains("not sure to hold at every server", problem.Result!.Problem, StringComparison.Ordinal));
        Assert.All(names, name => Assert.False(shared.A[name].Enabled));
    }

    /// <summary>The result of a task that has ended.</summary>
    private static T Result<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static async Task<CommandResult> AsResult(Task command)
    {
        await command;
        return CommandResult.Durable;
    }

    private static IReadOnlyList<ClientProblem> Give(EngineRig rig, ClientAction action, params ClientReference[] clients)
    {
        Task<IReadOnlyList<ClientProblem>> command = rig.Engine.Server.CommandManyAsync(clients, action, EngineRig.Person, CancellationToken.None);
        rig.Run(command);
        return Result(command);
    }

    private static IReadOnlyList<ClientProblem> Give(EngineRig rig, ClientAction action, string[] clients)
        => Give(rig, action, [.. clients.Select(ClientReference.ByName)]);

    private string[] Start(int clients)
    {
        string[] names = [.. Enumerable.Range(0, clients).Select(static i => $"client{i}")];
        _rig.Start([.. names.Select(static name => EngineRig.Define(name))]);
        _rig.Settle();
        _rig.TakeEvents();
        return names;
    }
}
