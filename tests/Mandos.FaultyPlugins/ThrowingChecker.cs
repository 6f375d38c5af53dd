using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.FaultyPlugins;

/// <summary>Throws what it may not.</summary>
[ExportChecker("throwing")]
public sealed class ThrowingChecker : FaultyChecker
{
    public override ICheck Prepare(ClientSnapshot client) => throw new InvalidOperationException("this one\nthrows");
}
