using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.PluginContracts.Tests.Checking;

/// <summary>A checker whose checks run until cancelled, unless made to do otherwise.</summary>
internal sealed class FakeChecker : IChecker
{
    public Func<ClientSnapshot, string> Describe { get; init; } = client => client.Settings.Checker;

    public Func<CancellationToken, Task<CheckResult>> Run { get; init; } = async token =>
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        return CheckResult.Exited(0);
    };

    public ICheck Prepare(ClientSnapshot client) => new Check(Describe(client), Run);

    private sealed class Check(string description, Func<CancellationToken, Task<CheckResult>> run) : ICheck
    {
        public string Description => description;

        public Task<CheckResult> RunAsync(CancellationToken cancellationToken) => run(cancellationToken);
    }
}
