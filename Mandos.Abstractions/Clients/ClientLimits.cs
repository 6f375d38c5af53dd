namespace Mandos.Abstractions.Clients;

/// <summary>What a client can have at most.</summary>
public static class ClientLimits
{
    /// <summary>Bytes of a secret, in a file or given at run time. A secret is an encrypted password, which takes a few kilobytes.</summary>
    public const int SecretBytes = 1 << 20;
}
