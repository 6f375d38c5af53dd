namespace Mandos.Ctl.Servers;

/// <summary>A key that asked a server and belongs to no client of its.</summary>
/// <param name="KeyId">The key ID, or the fingerprint of an OpenPGP key.</param>
/// <param name="Address">Where it asked from last.</param>
/// <param name="Count">How often it asked.</param>
/// <param name="First">When it asked first, as the server shows times.</param>
/// <param name="Last">When it asked last.</param>
internal sealed record UnknownKey(string KeyId, string Address, ulong Count, string First, string Last);
