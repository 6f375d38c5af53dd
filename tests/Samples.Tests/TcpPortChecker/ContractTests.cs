using Mandos.Abstractions.Checking;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Checking;
using Mandos.PluginContracts.Xunit;
using Mandos.TcpPortChecker;

namespace Samples.Tests.TcpPortChecker;

/// <summary>The checker keeps the contract of its kind.</summary>
public sealed class ContractTests : CheckerContractTests, IDisposable
{
    private readonly Listener _up = new();
    private readonly Listener _down = new();
    private readonly Listener _hang = new(full: true);

    public ContractTests() => _down.Dispose();

    // A connection that is accepted and then broken is accepted all the same: there is no crash half-way.
    protected override CheckerSituations Situations => new()
    {
        Up = _up.AsClient(),
        Down = _down.AsClient(),
        Hang = _hang.AsClient(),
        Crash = _down.AsClient(),
    };

    public void Dispose()
    {
        _up.Dispose();
        _hang.Dispose();
    }

    protected override IChecker Create(ContractContext context) => new TcpChecker(context);
}
