using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DBusControl.Tests;

public sealed class BusLossTests
{
    private const int Disabled = 4100;
    private const int StillDisabled = 4101;
    private const int Overflow = 4104;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_NoBus_SaysSoOnceAndServesWhenItAppears()
    {
        var time = new FakeTimeProvider();
        await using var rig = Rig.Create(time, clients: Rig.Client("foo"));
        var said = rig.Context.NextAsync(Disabled);
        rig.Run(rig.Server);
        Assert.Contains("D-Bus disabled: ", await said, StringComparison.Ordinal);
        Assert.Equal(0, rig.Server.Subscriptions);

        var again = rig.Context.NextAsync(StillDisabled);
        await AdvanceUntilAsync(time, again);
        await rig.Bus.RestartAsync();
        await AdvanceUntilAsync(time, rig.Context.NextAsync(Rig.Serving));

        await rig.ConnectAsync();
        Assert.Equal("\"foo\"", await rig.Caller.GetAsync(Rig.Foo, "Name"));
        Assert.Single(rig.Context.Logged, line => line.Level == LogLevel.Error);
    }

    [Fact]
    public async Task Run_BusLost_ServesWhenItIsBack()
    {
        var time = new FakeTimeProvider();
        await using var rig = Rig.Create(time, clients: Rig.Client("foo"));
        await rig.StartAllAsync(rig.Server);
        var lost = rig.Context.NextAsync(Disabled);

        await rig.Bus.KillAsync();
        Assert.Contains("lost", await lost, StringComparison.Ordinal);
        Assert.Equal(0, rig.Server.Subscriptions);
        rig.Server.Add(Rig.Client("bar"));
        await rig.Bus.RestartAsync();
        await AdvanceUntilAsync(time, rig.Context.NextAsync(Rig.Serving));

        await rig.ConnectAsync();
        Assert.Equal("\"bar\"", await rig.Caller.GetAsync("/clients/bar", "Name"));
    }

    [Fact]
    public async Task Run_BusLostAndClientGone_TheOthersKeepTheirPaths()
    {
        var time = new FakeTimeProvider();
        await using var rig = Rig.Create(time, clients: [Rig.Client("a-b"), Rig.Client("a.b")]);
        await rig.StartAllAsync(rig.Server);
        var lost = rig.Context.NextAsync(Disabled);

        await rig.Bus.KillAsync();
        await lost;
        await rig.Server.RemoveAsync("a-b", Rig.Person, Token);
        await rig.Bus.RestartAsync();
        await AdvanceUntilAsync(time, rig.Context.NextAsync(Rig.Serving));

        await rig.ConnectAsync();
        Assert.Equal("[/clients/a_b_2]", await rig.Caller.CallAsync("/", Caller.Server, "GetAllClients", Array.Empty<string>()));
        Assert.Equal("\"a.b\"", await rig.Caller.GetAsync("/clients/a_b_2", "Name"));
    }

    [Fact]
    public async Task Run_NameTaken_ServesNothingUntilItIsFree()
    {
        var time = new FakeTimeProvider();
        await using var rig = Rig.Create(time, clients: Rig.Client("foo"));
        await rig.Bus.RestartAsync();
        await rig.ConnectAsync();
        const string oldName = "se.bsnet.fukt.Mandos";
        Assert.True(await rig.Caller.Connection.TryTakeNameAsync(oldName, Token));
        var said = rig.Context.NextAsync(Disabled);

        rig.Run(rig.Server);

        Assert.Contains(oldName, await said, StringComparison.Ordinal);
        Assert.Null(await rig.Caller.Connection.GetNameOwnerAsync(Caller.Service, Token));
        Assert.Equal(0, rig.Server.Subscriptions);
        Assert.Empty(rig.Caller.TakeHeard());

        await rig.Caller.Connection.ReleaseNameAsync(oldName, Token);
        await AdvanceUntilAsync(time, rig.Context.NextAsync(Rig.Serving));
        Assert.NotNull(await rig.Caller.Connection.GetNameOwnerAsync(oldName, Token));
    }

    [Fact]
    public async Task Run_NamesForbidden_SaysSo()
    {
        await using var rig = Rig.Create(rules: DBusDaemon.SystemRules);
        await rig.Bus.RestartAsync();
        var said = rig.Context.NextAsync(Disabled);

        rig.Run(rig.Server);

        Assert.Contains("the bus refuses the name se.recompile.Mandos", await said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SubscriptionOverflowed_TellsTheDifferences()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("goes"), Rig.Client("other"));
        var told = rig.Context.NextAsync(Overflow);

        rig.Server.Overflow();
        await rig.Server.RemoveAsync("goes", Rig.Person, Token);
        rig.Server.Add(Rig.Client("comes"));
        rig.Server.Update("foo", client => client with { LastCheckerStatus = 9, Settings = client.Settings with { Host = "new" } });
        await told;

        // The log tells of it a moment before the new subscription begins, which may be before any of these changes, or between them.
        string paths;
        do
        {
            paths = string.Join(", ", Sorted(await rig.Caller.CallAsync("/", Caller.Server, "GetAllClients", Array.Empty<string>())));
        }
        while (paths is "[/clients/foo, /clients/goes, /clients/other]" or "[/clients/foo, /clients/other]");

        Assert.Equal("[/clients/comes, /clients/foo, /clients/other]", paths);
        string[] heard = [.. (await rig.HearAsync()).Where(text => !text.Contains("Old", StringComparison.Ordinal) && !text.StartsWith("reply", StringComparison.Ordinal)).Select(text => text.Split('{')[0])];
        Assert.Contains("/ Server.ClientRemoved(/clients/goes, \"goes\")", heard);
        Assert.Contains("/ Server.ClientAdded(/clients/comes)", heard);
        Assert.Contains("/clients/foo Client.PropertyChanged(\"Host\", \"new\")", heard);
        Assert.Contains("/clients/foo Client.PropertyChanged(\"LastCheckerStatus\", 9)", heard);
        Assert.DoesNotContain(heard, text => text.Contains("/clients/other", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_SubscriptionOverflowed_AnotherOfTheSameNameIsToldAsAnother()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));

        rig.Server.Overflow();
        await rig.Server.RemoveAsync("bar", Rig.Person, Token);
        rig.Server.Add(Rig.Client("bar"));

        List<string> heard = [];
        do
        {
            heard.AddRange((await rig.HearAsync()).Where(text => text.StartsWith("/ Server.Client", StringComparison.Ordinal)));
        }
        while (heard.Count < 2);

        Assert.Equal(["/ Server.ClientRemoved(/clients/bar, \"bar\")", "/ Server.ClientAdded(/clients/bar)"], heard.Select(text => text.Split('{')[0]));
    }

    [Fact]
    public async Task Run_SubscriptionOverflowed_PathOfOneThatIsGoneIsForTheNext()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("a.b"));
        var told = rig.Context.NextAsync(Overflow);

        rig.Server.Overflow();
        await rig.Server.RemoveAsync("a.b", Rig.Person, Token);
        rig.Server.Add(Rig.Client("a-b"));
        await told;

        // The new subscription begins a moment after the log tells of it.
        string name;
        do
        {
            name = await rig.Caller.GetAsync("/clients/a_b", "Name");
        }
        while (name == "\"a.b\"");

        Assert.Equal("\"a-b\"", name);
        string[] heard = [.. (await rig.HearAsync()).Where(text => text.StartsWith("/ Server.Client", StringComparison.Ordinal))];
        Assert.Equal(["/ Server.ClientRemoved(/clients/a_b, \"a.b\")", "/ Server.ClientAdded(/clients/a_b)"], heard);
    }

    [Fact]
    public async Task Run_ServerStops_GivesTheNamesUpAndRunsOn()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        var free = new TaskCompletionSource();
        using var match = await rig.Caller.Connection.AddMatchAsync(
            new MatchRule { Type = MessageType.Signal, Member = "NameOwnerChanged", Arg0 = "se.bsnet.fukt.Mandos" },
            _ => free.TrySetResult(),
            Token);

        rig.Server.Stop();

        await free.Task.WaitAsync(Token);
        Assert.Contains("/ Server.ClientRemoved(/clients/foo, \"foo\")", rig.Caller.TakeHeard());
    }

    [Fact]
    public async Task Run_ManyClients_AreAllTold()
    {
        ClientSnapshot[] clients = [.. Enumerable.Range(0, 2500).Select(i => Rig.Client($"c{i}")), Rig.Client("foo")];
        await using var rig = Rig.Create(clients: clients);
        await rig.Bus.RestartAsync();
        await rig.ConnectAsync();
        await rig.ServeAsync(rig.Server);

        Assert.Equal(3 * clients.Length, (await rig.HearAsync()).Count);
    }

    private static IEnumerable<string> Sorted(string list)
        => [$"[{string.Join(", ", list.Trim('[', ']').Split(", ").Order(StringComparer.Ordinal))}]"];

    /// <summary>Lets time pass, in steps, until something has happened.</summary>
    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Task task)
    {
        while (!task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Token));
        }

        await task;
    }
}
