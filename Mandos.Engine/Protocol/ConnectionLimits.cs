namespace Mandos.Engine.Protocol;

/// <summary>How many connections there may be at once.</summary>
/// <param name="Total">In all.</param>
/// <param name="PerAddress">From one IPv4 address or IPv6 /64.</param>
/// <param name="PerClient">That have proved to own the key of one client.</param>
internal sealed record ConnectionLimits(int Total, int PerAddress, int PerClient);
