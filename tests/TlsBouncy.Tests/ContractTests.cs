using Mandos.Abstractions.Tls;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;
using Mandos.TlsBouncy;

namespace TlsBouncy.Tests;

/// <summary>The back end keeps the contract of its kind.</summary>
public sealed class ContractTests : TlsBackendContractTests
{
    protected override ITlsBackend Create(ContractContext context) => new BouncyTlsBackend(context);
}
