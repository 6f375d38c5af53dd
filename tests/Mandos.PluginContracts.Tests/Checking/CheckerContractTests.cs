using System.Diagnostics;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Checking;

namespace Mandos.PluginContracts.Tests.Checking;

public sealed class CheckerContractTests : ContractTestsOf<CheckerContractTests, IChecker>, IContractKind<IChecker>
{
    private const string Ends = "ends a check with a result, or when cancelled";
    private const string TakesOddClients = "takes odd clients, or says in a line what is wrong with them";
    private const string Validates = "says in a line each what is wrong with the options of odd clients";
    private const string TellsApart = "tells clients apart that it checks at once";
    private const string ShowsNoSecret = "shows no secret option";

    private static readonly Task<CheckResult> _never = new TaskCompletionSource<CheckResult>().Task;

    private static readonly Fault<Func<ContractContext, IChecker>>[] _faults =
    [
        .. ContractTests.CommonFaults<IChecker>(_ => new FakeChecker(), _ => new FakeChecker { Disposed = ContractTests.Once() }),
        new("waits in its constructor", "is constructed quickly and without a file", _ =>
        {
            Thread.Sleep(10);
            return new FakeChecker();
        }),
        new("describes nothing", "describes what it is going to run", _ => new FakeChecker { Describe = _ => "" }),
        new("waits while it prepares", "prepares and validates quickly", _ => new FakeChecker { Describe = _ => Wait() }),
        new("waits while it validates", "prepares and validates quickly", _ => new FakeChecker
        {
            Problems = _ => [new OptionProblem("host", Wait())],
        }),
        new("prepares one check at a time", "prepares and validates on several threads at once", PreparesOneAtATime),
        new("fails without a host", TakesOddClients, _ => new FakeChecker { Describe = client => client.Settings.Host[..1] }),
        new("says what is wrong in two lines", TakesOddClients,
            _ => new FakeChecker { Describe = _ => throw new CheckPreparationException("a\nb") }),
        new("validates in two lines", Validates, _ => new FakeChecker { Problems = _ => [new OptionProblem("host", "a\nb")] }),
        new("validates to null", Validates, _ => new FakeChecker { Problems = _ => null! }),
        new("fails to validate", Validates, _ => new FakeChecker { Problems = settings => throw new FormatException(settings.Host) }),
        new("ignores cancellation", Ends, _ => new FakeChecker { Run = (_, _) => _never }),
        new("throws", Ends,
            _ => new FakeChecker { Run = (_, _) => Task.FromException<CheckResult>(new IOException("no route to host")) }),
        new("gives a result without a reason", Ends, _ => new FakeChecker { Run = (_, _) => Task.FromResult(default(CheckResult)) }),
        new("runs one check at a time", "ends many checks at once when cancelled", OneAtATime),
        new("leaves its shell", "leaves no process behind when cancelled", _ => new FakeChecker
        {
            Run = async (client, token) =>
            {
                using Process? shell = Process.Start("/bin/sh", ["-c", client.Settings.Checker]);
                return await FakeChecker.RunAsync(client, token);
            },
        }),
        new("takes a cancelled check for a good one", "finds no client alive by a check that was cancelled before it began",
            _ => new FakeChecker { Run = (_, _) => Task.FromResult(CheckResult.Exited(0)) }),
        new("describes options", ShowsNoSecret, _ => new FakeChecker { Describe = Secret }),
        new("logs options", ShowsNoSecret, context => new FakeChecker
        {
            Describe = client =>
            {
                ContractTests.Log(context, $"password {Secret(client)}");
                return "x";
            },
        }),
        new("fails with options", ShowsNoSecret,
            _ => new FakeChecker { Run = (client, _) => Task.FromResult(CheckResult.Failed($"bad password {Secret(client)}")) }),
        new("validates with options", ShowsNoSecret, _ => new FakeChecker
        {
            Problems = settings => [new OptionProblem("password", string.Concat(settings.Options.Values))],
        }),
        new("finds nobody alive", "finds a client alive that is up",
            _ => new FakeChecker { Run = (_, _) => Task.FromResult(CheckResult.Exited(2)) }),
        new("finds options wrong", "finds a client alive that is up",
            _ => new FakeChecker { Problems = _ => [new OptionProblem("host", "no")] }),
        new("finds everybody alive", "does not find a client alive that is down",
            _ => new FakeChecker { Run = (_, _) => Task.FromResult(CheckResult.Exited(0)) }),
        new("never finds out", "does not find a client alive that is down", _ => new FakeChecker { Run = (_, _) => _never }),
        new("takes a crash for a success", "does not find a client alive whose check breaks down",
            _ => new FakeChecker { Run = (_, _) => Task.FromResult(CheckResult.Exited(0)) }),
        new("crashes itself", "does not find a client alive whose check breaks down",
            _ => new FakeChecker { Run = (_, _) => throw new InvalidDataException("reset") }),
        new("hangs with the client", "ends a check that hangs when cancelled", _ => new FakeChecker { Run = (_, _) => _never }),
        new("takes a hang for a success", "ends a check that hangs when cancelled",
            _ => new FakeChecker { Run = (_, _) => Task.FromResult(CheckResult.Exited(0)) }),
        new("knows one client", TellsApart, KnowsOneClient),
    ];

    public static TheoryData<string> ChecksOfNobody => ContractTests.Names(OfNobody());

    [Theory]
    [MemberData(nameof(ChecksOfNobody))]
    public Task Check_CheckerThatCannotPrepare_Passes(string check) => ContractTests.PassesAsync(OfNobody(), check);

    [Fact]
    public void Checks_NoSituations_SaysWhatIsLeftOut() => Assert.Equal(
        [
            "no client is given that is up", "no client is given that is down", "no client is given whose check breaks down",
        ],
        CheckerContract.Checks(_ => new FakeChecker()).Select(check => check.SkipReason).OfType<string>().Take(3));

    public static IReadOnlyList<Fault<Func<ContractContext, IChecker>>> AllFaults => _faults;

    public static IChecker Sound(ContractContext context) => new FakeChecker();

    public static IReadOnlyList<PluginCheck> ChecksOf(Func<ContractContext, IChecker> create, ContractLimits? limits)
        => CheckerContract.Checks(create, CheckerSituations.Shell, limits);

    private static IEnumerable<PluginCheck> OfNobody() => CheckerContract
        .Checks(_ => new FakeChecker { Describe = _ => throw new CheckPreparationException("option port is missing") })
        .Where(check => check.SkipReason is null);

    private static string Wait()
    {
        Thread.Sleep(1);
        return "x";
    }

    private static string Secret(ClientSnapshot client) => client.Settings.Options.GetValueOrDefault("password", "x");

    private static FakeChecker PreparesOneAtATime(ContractContext context)
    {
        int preparing = 0;
        return new FakeChecker
        {
            Describe = _ =>
            {
                bool alone = Interlocked.Increment(ref preparing) == 1;
                Thread.Yield();
                Interlocked.Decrement(ref preparing);
                return alone ? "x" : throw new InvalidOperationException("another check is being prepared");
            },
        };
    }

    private static FakeChecker OneAtATime(ContractContext context)
    {
        var turn = new SemaphoreSlim(1);
        return new FakeChecker
        {
            Run = async (_, token) =>
            {
                await turn.WaitAsync(CancellationToken.None);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return CheckResult.Exited(0);
            },
        };
    }

    private static FakeChecker KnowsOneClient(ContractContext context)
    {
        ClientSnapshot? known = null;
        return new FakeChecker
        {
            Run = (client, token) => FakeChecker.RunAsync(Interlocked.CompareExchange(ref known, client, null) ?? client, token),
        };
    }
}
