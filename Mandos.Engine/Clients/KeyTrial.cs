namespace Mandos.Engine.Clients;

/// <summary>That the next key of a client has got the next secret.</summary>
/// <param name="Proof">What <see cref="BootProof"/> made of that key, that secret and the host.</param>
/// <param name="Before">The check that ran then, which says nothing about that boot; null if none did.</param>
internal sealed record KeyTrial(ReadOnlyMemory<byte> Proof, RunningCheck? Before = null);
