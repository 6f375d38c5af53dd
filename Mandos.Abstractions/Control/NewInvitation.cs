namespace Mandos.Abstractions.Control;

/// <summary>What a machine has to be given so that it can take up an invitation. Nobody gets it again.</summary>
/// <param name="Token">Opens the way once: 128 random bits in hexadecimal digits.</param>
/// <param name="Pin">SHA-256 of the server's public key (SubjectPublicKeyInfo), in lower-case hexadecimal digits.</param>
/// <param name="Until">When it ends, UTC.</param>
public sealed record NewInvitation(string Token, string Pin, DateTimeOffset Until)
{
    /// <summary>Without the token, which is a secret.</summary>
    public override string ToString() => $"until {Until:O}";
}
