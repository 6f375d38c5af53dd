namespace Mandos.TestKit.Daemons;

/// <summary>Where a PostgreSQL is on a network. It takes TLS alone there, and passwords.</summary>
/// <param name="Certificate">Its certificate, in PEM.</param>
/// <param name="Key">The key of that, in PEM.</param>
public sealed record PostgresNetwork(string Certificate, string Key)
{
    /// <summary>The address on which it listens.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The network namespace in which it runs, by its name; null for that of the tests.</summary>
    public string? Namespace { get; init; }
}
