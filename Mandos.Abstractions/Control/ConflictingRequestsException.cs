using System.Net;

namespace Mandos.Abstractions.Control;

/// <summary>A client cannot be approved as a whole, as connections from different addresses wait for it. Nothing was approved.</summary>
/// <param name="name">Name of the client.</param>
/// <param name="addresses">The addresses.</param>
public sealed class ConflictingRequestsException(string name, IReadOnlyList<IPAddress> addresses) : Exception(
    $"client “{name}” was not approved: connections from different addresses wait for it, {string.Join(", ", addresses)}; "
    + "approve one of them by its number, or deny the client")
{
    /// <summary>Name of the client.</summary>
    public string ClientName { get; } = name;

    /// <summary>The addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; } = addresses;
}
