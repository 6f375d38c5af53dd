using System.Net;
using System.Net.NetworkInformation;

namespace Mandos.Engine.Clients;

/// <summary>What a client's requests have left behind, by which a second machine with its key can be told. Owned by the engine loop.</summary>
internal sealed class ClientTraces
{
    /// <summary>Most hardware addresses that are kept of a client, the latest ones.</summary>
    private const int MaxHardwareAddresses = 8;

    /// <summary>Secrets within this time of the one before are for the same boot: each encrypted disk may ask for itself, and cryptsetup asks three times.</summary>
    public static readonly TimeSpan OneBoot = TimeSpan.FromMinutes(1);

    private readonly List<PhysicalAddress> _hardwareAddresses = [];
    private TimeSpan? _lastSecret;

    /// <summary>Boots for which it was given secrets since it was last seen alive.</summary>
    public int BootsSinceAlive { get; set; }

    /// <summary>When a check has proved last, while another machine asked for its secret, that its own system runs; null for never.</summary>
    public TimeSpan? Ran { get; set; }

    /// <summary>The hardware addresses from which it got secrets, as far as its addresses have told them.</summary>
    public IReadOnlyList<PhysicalAddress> HardwareAddresses => _hardwareAddresses;

    /// <summary>Whether a request is for another boot than the last secret.</summary>
    /// <param name="now">The time of the engine's clock.</param>
    public bool IsNewBoot(TimeSpan now) => !(now - _lastSecret <= OneBoot);

    /// <summary>Notes that it got its secret.</summary>
    /// <param name="address">From where it asked.</param>
    /// <param name="now">The time of the engine's clock.</param>
    public void SecretSent(IPAddress address, TimeSpan now)
    {
        BootsSinceAlive += IsNewBoot(now) ? 1 : 0;
        _lastSecret = now;
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
