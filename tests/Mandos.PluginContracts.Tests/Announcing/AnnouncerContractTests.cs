using System.Net.Sockets;
using Mandos.Abstractions.Announcing;
using Mandos.PluginContracts.Announcing;

namespace Mandos.PluginContracts.Tests.Announcing;

public sealed class AnnouncerContractTests : ContractTestsOf<AnnouncerContractTests, IAnnouncer>, IContractKind<IAnnouncer>
{
    private static readonly Task _never = new TaskCompletionSource().Task;

    private static readonly Fault<Func<ContractContext, IAnnouncer>>[] _faults =
    [
        .. ContractTests.CommonFaults<IAnnouncer>(
            _ => Fake(UntilCancelledAsync),
            _ => new FakeAnnouncer((_, _, token) => UntilCancelledAsync(token)) { Disposed = ContractTests.Once() }),
        new("ends silently", "announces until cancelled", _ => new FakeAnnouncer((_, _, _) => Task.CompletedTask)),
        new("ignores cancellation", "announces until cancelled", _ => new FakeAnnouncer((_, _, _) => _never)),
        new("reports no name", "announces until cancelled", _ => new FakeAnnouncer((_, announced, token) =>
        {
            announced.Report("");
            return UntilCancelledAsync(token);
        })),
        new("runs once", "can be run again", RunsOnce),
        new("hangs with a long name", "takes odd names, or fails",
            _ => new FakeAnnouncer((service, _, token) => service.Name.Length > 63 ? _never : UntilCancelledAsync(token))),
        new("knows IPv6 only, and does not say so", "announces for IPv4",
            _ => new FakeAnnouncer((service, _, token) => service.AddressFamily == AddressFamily.InterNetworkV6
                ? UntilCancelledAsync(token)
                : Task.CompletedTask)),
        new("looks at cancellation later", "ends when cancelled before it began",
            _ => new FakeAnnouncer((_, _, token) => token.IsCancellationRequested ? _never : UntilCancelledAsync(token))),
    ];

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Check_AnnouncerWithoutDaemon_Passes(string check) => ContractTests.PassesAsync(
        AnnouncerContract.Checks(_ => new FakeAnnouncer((_, _, _) => throw new IOException("there is no daemon"))), check);

    public static IReadOnlyList<Fault<Func<ContractContext, IAnnouncer>>> AllFaults => _faults;

    public static IAnnouncer Sound(ContractContext context) => new FakeAnnouncer((service, announced, token) =>
    {
        announced.Report(service.Name);
        return UntilCancelledAsync(token);
    });

    public static IReadOnlyList<PluginCheck> ChecksOf(Func<ContractContext, IAnnouncer> create, ContractLimits? limits)
        => AnnouncerContract.Checks(create, limits);

    private static FakeAnnouncer Fake(Func<CancellationToken, Task> run) => new((_, _, token) => run(token));

    private static Task UntilCancelledAsync(CancellationToken cancellationToken)
        => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    private static FakeAnnouncer RunsOnce(ContractContext context)
    {
        bool ran = false;
        return new FakeAnnouncer((_, _, token) =>
        {
            bool first = !ran;
            ran = true;
            return first ? UntilCancelledAsync(token) : Task.CompletedTask;
        });
    }
}
