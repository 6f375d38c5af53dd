using Mandos.Abstractions.Checking;
using Mandos.CheckerFping;
using Mandos.PluginContracts.Checking;
using Mandos.TestSupport;

namespace Mandos.PluginContracts.Tests.Checking;

public sealed class CheckerContractTests
{
    private static readonly Task<CheckResult> _never = new TaskCompletionSource<CheckResult>().Task;

    private static readonly Fault<Func<ContractContext, IChecker>>[] _faults =
    [
        new("describes nothing", "describes what it is going to run", _ => new FakeChecker { Describe = _ => "" }),
        new("waits while it prepares", "prepares checks quickly", _ => new FakeChecker { Describe = _ => Wait() }),
        new("fails without a host", "takes odd clients, or says in a line what is wrong with them",
            _ => new FakeChecker { Describe = client => client.Settings.Host[..1] }),
        new("says what is wrong in two lines", "takes odd clients, or says in a line what is wrong with them",
            _ => new FakeChecker { Describe = _ => throw new CheckPreparationException("a\nb") }),
        new("ignores cancellation", "ends a check with a result, or when cancelled", _ => new FakeChecker { Run = _ => _never }),
        new("throws", "ends a check with a result, or when cancelled",
            _ => new FakeChecker { Run = _ => Task.FromException<CheckResult>(new IOException("no route to host")) }),
        new("gives a result without a reason", "ends a check with a result, or when cancelled",
            _ => new FakeChecker { Run = _ => Task.FromResult(default(CheckResult)) }),
        new("runs one check at a time", "ends many checks at once when cancelled", OneAtATime),
        new("takes a cancelled check for a good one", "finds no client alive by a check that was cancelled before it began",
            _ => new FakeChecker { Run = _ => Task.FromResult(CheckResult.Exited(0)) }),
    ];

    public static TheoryData<string> Checks => ContractTests.Names(Sound());

    public static TheoryData<string> Faults => ContractTests.Names(_faults);

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Check_SoundChecker_Passes(string check) => ContractTests.PassesAsync(Sound(), check);

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Check_CheckerThatCannotPrepare_Passes(string check) => ContractTests.PassesAsync(
        CheckerContract.Checks(
            _ => new FakeChecker { Describe = _ => throw new CheckPreparationException("option port is missing") }), check);

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Check_ShellChecker_Passes(string check)
        => ContractTests.PassesAsync(CheckerContract.Checks(context => new ShellChecker(context)), check);

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Check_CheckerWithFault_Fails(string fault)
        => ContractTests.FailsAsync(_faults, fault, create => CheckerContract.Checks(create, limits: ContractTests.Impatient));

    [Fact]
    public void Checks_All_CanFail() => ContractTests.Complete(Sound(), _faults);

    private static IReadOnlyList<PluginCheck> Sound() => CheckerContract.Checks(_ => new FakeChecker());

    private static string Wait()
    {
        Thread.Sleep(1);
        return "x";
    }

    private static FakeChecker OneAtATime(ContractContext context)
    {
        var turn = new SemaphoreSlim(1);
        return new FakeChecker
        {
            Run = async token =>
            {
                await turn.WaitAsync(CancellationToken.None);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return CheckResult.Exited(0);
            },
        };
    }
}
