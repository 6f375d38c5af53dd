namespace Mandos.Engine.Clients;

/// <summary>The key that is to take the place of a client's present one, and the secret for it alone.</summary>
/// <param name="KeyId">Its key ID, 64 upper-case digits.</param>
/// <param name="Secret">The secret.</param>
public sealed record NextKey(string KeyId, Secret Secret);
