using Mandos.Abstractions.Checking;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Checking;
using Mandos.PluginContracts.Xunit;

namespace My.Checker_1;

/// <summary>What every checker has to do: these tests come from Mandos.PluginContracts.</summary>
public sealed class HttpCheckerContractTests : CheckerContractTests, IDisposable
{
    private readonly LoopbackServer _up = new(LoopbackServer.Success);
    private readonly LoopbackServer _down = new(LoopbackServer.Success);
    private readonly LoopbackServer _hang = new(LoopbackServer.Silence);
    private readonly LoopbackServer _crash = new(LoopbackServer.Hangup);

    // Nobody listens there any more.
    public HttpCheckerContractTests() => _down.Dispose();

    protected override CheckerSituations Situations => new()
    {
        Up = _up.AsClient(),
        Down = _down.AsClient(),
        Hang = _hang.AsClient(),
        Crash = _crash.AsClient(),
    };

    public void Dispose()
    {
        _up.Dispose();
        _hang.Dispose();
        _crash.Dispose();
    }

    protected override IChecker Create(ContractContext context) => new HttpChecker(context);
}
