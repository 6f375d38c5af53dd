using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.PluginContracts.Tests.Checking;

/// <summary>A checker that does in its head what the shell would do in the situations of the contract, unless made to do otherwise.</summary>
internal sealed class FakeChecker : IChecker, IDisposable
{
    public Func<ClientSnapshot, string> Describe { get; init; } = client => client.Settings.Checker;

    public Func<ClientSettings, IReadOnlyList<OptionProblem>> Problems { get; init; } = _ => [];

    public Func<ClientSnapshot, CancellationToken, Task<CheckResult>> Run { get; init; } = RunAsync;

    public Action Disposed { get; init; } = () => { };

    public static async Task<CheckResult> RunAsync(ClientSnapshot client, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        switch (client.Settings.Checker)
        {
            case "exit 0":
                return CheckResult.Exited(0);
            case "exit 1":
                return CheckResult.Exited(1);
            case "kill -KILL $$":
                return CheckResult.Signaled(9);
            default:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return CheckResult.Exited(0);
        }
    }

    public ICheck Prepare(ClientSnapshot client) => new Check(Describe(client), token => Run(client, token));

    public IReadOnlyList<OptionProblem> Validate(ClientSettings settings) => Problems(settings);

    public void Dispose() => Disposed();

    private sealed class Check(string description, Func<CancellationToken, Task<CheckResult>> run) : ICheck
    {
        public string Description => description;

        public Task<CheckResult> RunAsync(CancellationToken cancellationToken) => run(cancellationToken);
    }
}
