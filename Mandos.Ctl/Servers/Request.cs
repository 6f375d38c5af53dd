namespace Mandos.Ctl.Servers;

/// <summary>A connection that waits for approval.</summary>
/// <param name="Id">Its number, by which it alone can be approved or denied.</param>
/// <param name="Path">Its client's <see cref="Client.Path"/>.</param>
/// <param name="ClientName">Its client's name.</param>
/// <param name="Address">Where it comes from.</param>
/// <param name="Port">The port there.</param>
/// <param name="KeyId">The key ID, or fingerprint, of its key.</param>
/// <param name="Since">When it began to wait: UTC in ISO 8601 without a zone.</param>
internal sealed record Request(ulong Id, string Path, string ClientName, string Address, ushort Port, string KeyId, string Since);
