using System.Net;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>Where a sharing server is, and where its database.</summary>
/// <param name="Hosts">The hosts of the database, as in plugins.yaml.</param>
internal sealed record SharingPlace(string Hosts)
{
    /// <summary>Where the server listens.</summary>
    public IPAddress Address { get; init; } = IPAddress.IPv6Loopback;

    /// <summary>The network namespace in which it runs, by its name; null for that of the tests.</summary>
    public string? Namespace { get; init; }

    /// <summary>Path of the certificates to which that of the database has to lead; null for a socket.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>The directory with the password; null for a socket.</summary>
    public string? Credentials { get; init; }

    /// <summary>Further arguments of its command line.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = ["--debug"];
}
