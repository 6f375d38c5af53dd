using Mandos.Abstractions.Announcing;
using Mandos.MdnsAnnouncer;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;

namespace MdnsAnnouncer.Tests;

/// <summary>The announcer keeps the contract of its kind, on loopback.</summary>
public sealed class ContractTests : AnnouncerContractTests
{
    protected override IAnnouncer Create(ContractContext context) => new MulticastAnnouncer(context);
}
