using System.Net;

namespace Mandos.MdnsAnnouncer.Network;

/// <summary>An interface on which the service can be announced.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its addresses that others may use, of one family.</param>
internal sealed record NetworkInterfaceState(int Index, string Name, IReadOnlyList<InterfaceAddress> Addresses);

/// <summary>An address of an interface.</summary>
/// <param name="Address">The address, without a zone.</param>
/// <param name="PrefixLength">How many bits of it all addresses of its network have in common.</param>
/// <param name="IsGlobal">Whether it is of use beyond the link.</param>
internal sealed record InterfaceAddress(IPAddress Address, int PrefixLength, bool IsGlobal);
