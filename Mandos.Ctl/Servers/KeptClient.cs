namespace Mandos.Ctl.Servers;

/// <summary>What a server keeps of a former client.</summary>
/// <param name="Name">The name that it had.</param>
/// <param name="KeyId">Its key ID; empty: none.</param>
/// <param name="Fingerprint">Fingerprint of its OpenPGP key; empty: none.</param>
/// <param name="State">What applies when it is back: enabled, disabled or removed.</param>
/// <param name="Left">When it left the files, as the server shows times; empty: a person removed it, and they still have it.</param>
internal sealed record KeptClient(string Name, string KeyId, string Fingerprint, string State, string Left);
