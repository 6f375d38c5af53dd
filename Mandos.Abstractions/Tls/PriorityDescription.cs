namespace Mandos.Abstractions.Tls;

/// <summary>What a back end offers under a priority string, most preferred first, by GnuTLS's names where it has some.</summary>
public sealed record PriorityDescription
{
    /// <summary>Protocol versions, such as <c>TLS1.3</c>.</summary>
    public required IReadOnlyList<string> Versions { get; init; }

    /// <summary>Cipher suites, such as <c>TLS_AES_256_GCM_SHA384</c>.</summary>
    public required IReadOnlyList<string> CipherSuites { get; init; }

    /// <summary>Groups for key exchange, such as <c>X25519</c>.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>Signature algorithms, such as <c>EdDSA-Ed25519</c>.</summary>
    public required IReadOnlyList<string> Signatures { get; init; }

    /// <summary>What peers may present: <c>RAWPK</c>, <c>OPENPGP</c>.</summary>
    public required IReadOnlyList<string> CertificateTypes { get; init; }

    /// <summary>What the string allows and the back end does not offer, because it cannot, or because no Mandos client needs it.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>The words of the string that the back end does not know and passes over, as they stand there, without control characters.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];
}
