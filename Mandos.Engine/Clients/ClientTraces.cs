using System.Net;
using System.Net.NetworkInformation;

namespace Mandos.Engine.Clients;

/// <summary>What a client's requests have left behind, by which a second machine with its key can be told. Owned by the engine loop.</summary>
internal sealed class ClientTraces
{
    /// <summary>Most hardware addresses that are kept of a client, the latest ones.</summary>
    private const int MaxHardwareAddresses = 8;

    private readonly List<PhysicalAddress> _hardwareAddresses = [];

    /// <summary>Secrets that it was given since it was last seen alive.</summary>
    public int SecretsSinceAlive { get; set; }

    /// <summary>The hardware addresses from which it got secrets, as far as its addresses have told them.</summary>
    public IReadOnlyList<PhysicalAddress> HardwareAddresses => _hardwareAddresses;

    /// <summary>Notes that it got its secret.</summary>
    public void SecretSent(IPAddress address)
    {
        SecretsSinceAlive++;
        if (HardwareAddressOf(address) is not { } hardware)
        {
            return;
        }

        _hardwareAddresses.Remove(hardware);
        _hardwareAddresses.Add(hardware);
        if (_hardwareAddresses.Count > MaxHardwareAddresses)
        {
            _hardwareAddresses.RemoveAt(0);
        }
    }

    /// <summary>The hardware address that a link-local address was made of (RFC 4291, appendix A); null if it was made otherwise.</summary>
    public static PhysicalAddress? HardwareAddressOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.IsIPv6LinkLocal && address.TryWriteBytes(bytes, out _) && bytes is [.., var b0, var b1, var b2, 0xFF, 0xFE, var b3, var b4, var b5]
            ? new PhysicalAddress([(byte)(b0 ^ 2), b1, b2, b3, b4, b5])
            : null;
    }
}
