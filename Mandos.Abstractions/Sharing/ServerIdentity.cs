namespace Mandos.Abstractions.Sharing;

/// <summary>A server as others know it.</summary>
/// <param name="Id">Stays the same when the server starts again; no two servers have the same one.</param>
/// <param name="Name">What people call it, such as its host name.</param>
public sealed record ServerIdentity(Guid Id, string Name);
