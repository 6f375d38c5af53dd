namespace Mandos.Abstractions.Control;

/// <summary>A command names a client that does not exist.</summary>
/// <param name="name">The name given.</param>
public sealed class UnknownClientException(string name) : Exception($"there is no client named “{name}”")
{
    /// <summary>The name given.</summary>
    public string ClientName { get; } = name;
}
