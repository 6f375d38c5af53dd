using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Limits;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>What we offer in a handshake, most preferred first.</summary>
internal sealed record HandshakePolicy
{
    /// <summary>TLS versions.</summary>
    public required ProtocolVersion[] Versions { get; init; }

    /// <summary>Cipher suites, by their IANA number.</summary>
    public required int[] CipherSuites { get; init; }

    /// <summary>Key exchange groups, by their IANA number.</summary>
    public required int[] Groups { get; init; }

    /// <summary>Those of <see cref="Groups"/> for which the first message has a key; the others cost a round trip more.</summary>
    public required int[] EarlyGroups { get; init; }

    /// <summary>Signature algorithms.</summary>
    public required SignatureAndHashAlgorithm[] SignatureAlgorithms { get; init; }

    /// <summary>Whether peers may present raw public keys (RFC 7250).</summary>
    public required bool TakesRawKeys { get; init; }

    /// <summary>Whether peers may present OpenPGP keys (RFC 6091), which needs TLS 1.2 or older.</summary>
    public required bool TakesOpenPgpKeys { get; init; }

    /// <summary>Bits of the smallest prime for Diffie-Hellman in TLS up to 1.2.</summary>
    public required int MinDhBits { get; init; }

    /// <summary>Bits of the largest such prime.</summary>
    public required int MaxDhBits { get; init; }

    /// <summary>Whether the secrets of TLS up to 1.2 depend on the whole handshake (RFC 7627); then raw keys need that.</summary>
    public required bool UsesExtendedMasterSecret { get; init; }

    /// <summary>Whether OpenPGP keys need that too.</summary>
    public required bool RequiresExtendedMasterSecret { get; init; }

    /// <summary>Whether a peer with TLS up to 1.2 must know safe renegotiation (RFC 5746). Nobody may renegotiate, ever.</summary>
    public required bool RequiresSafeRenegotiation { get; init; }

    /// <summary>Whether CBC suites may encrypt first and authenticate then (RFC 7366).</summary>
    public required bool UsesEncryptThenMac { get; init; }

    /// <summary>Whether CBC suites must do so.</summary>
    public required bool RequiresEncryptThenMac { get; init; }

    /// <summary>Whether to say that better versions were tried before (RFC 7507).</summary>
    public required bool IsFallback { get; init; }

    /// <summary>Whether TLS 1.3 looks like TLS 1.2 to boxes on the way (RFC 8446 appendix D.4).</summary>
    public required bool UsesCompatibilityMode { get; init; }

    /// <summary>The same by GnuTLS's names.</summary>
    public required PriorityDescription Description { get; init; }

    /// <summary>Takes from a priority string's lists what BouncyCastle can do and a Mandos client may need.</summary>
    /// <param name="settings">The lists.</param>
    /// <exception cref="PriorityStringException">No handshake can succeed.</exception>
    public static HandshakePolicy From(PrioritySettings settings)
    {
        if (settings.Options.Contains(PrioritySettings.NoExtensions))
        {
            throw new PriorityStringException(
                $"the priority string has {PrioritySettings.NoExtensions}: raw public keys and OpenPGP keys are agreed on by extensions");
        }

        bool forcesSessionHash = settings.Options.Contains("%FORCE_SESSION_HASH");
        Selection select = new();
        bool takesRawKeys = settings.ServerCertificateTypes.Contains("RAWPK");
        List<string> versions = select.From(
            settings.Versions, "VERS-", version => VersionNames.Find(version) is not null && (version != "TLS1.3" || takesRawKeys));
        versions.Sort((x, y) => VersionNames.Number(y) - VersionNames.Number(x));
        bool hasTls13 = versions.Contains("TLS1.3");
        bool hasOlder = versions.Count > (hasTls13 ? 1 : 0);
        List<string> types = select.From(
            settings.ServerCertificateTypes, "CTYPE-", type => type == "RAWPK" || (type == "OPENPGP" && hasOlder));
        List<string> groups = select.From(
            Order(settings), "GROUP-", group => GroupNames.Find(group) is not null && (hasOlder || GroupNames.IsForTls13(group)));

        // Without a curve in the list the peer could choose any that BouncyCastle knows.
        bool hasCurve = groups.Exists(PriorityKeywords.Curves.Contains);
        List<CipherSuiteInfo> suites = select.From(
            Priority.CipherSuites.Of(settings),
            suite => suite.Name,
            suite => IsOffered(suite, hasTls13, hasOlder)
                && (hasCurve || !suite.KeyExchange.StartsWith("ECDHE", StringComparison.Ordinal))
                && (suite.KeyExchange != "DHE-RSA" || settings.MinDhBits <= TlsLimits.DhPrimeMaxBits));
        List<string> signatures = select.From(
            settings.Signatures,
            "SIGN-",
            name => SignatureNames.FindScheme(name) is not null
                && ((hasTls13 && SignatureNames.IsForTls13(name)) || (hasOlder && SignatureNames.IsForTls12(name))));

        Require(settings, versions.Count > 0, "no version of TLS", "+VERS-TLS1.3");
        Require(settings, suites.Count > 0, "no cipher suite that this server has", "+CIPHER-ALL:+MAC-ALL:+KX-ALL");
        Require(settings, types.Count > 0, "neither raw public keys nor OpenPGP keys", "+CTYPE-RAWPK");
        Require(
            settings,
            signatures.Count > 0 || versions[^1] is "TLS1.1" or "TLS1.0" || suites.Exists(suite => suite.KeyExchange == "RSA"),
            "no signature algorithm that this server has",
            "+SIGN-ALL");
        Require(
            settings,
            groups.Count > 0 || suites.Exists(suite => suite.KeyExchange is "RSA" or "DHE-RSA"),
            "no group that this server has",
            "+GROUP-ALL");
        return new HandshakePolicy
        {
            Versions = [.. versions.Select(version => VersionNames.Find(version)!)],
            CipherSuites = [.. suites.Select(suite => suite.Number)],
            Groups = [.. groups.Select(group => GroupNames.Find(group)!.Value)],
            EarlyGroups = hasTls13 ? [.. groups.Where(GroupNames.IsForTls13).Take(1).Select(group => GroupNames.Find(group)!.Value)] : [],
            SignatureAlgorithms =
            [
                .. signatures.Select(name => SignatureNames.FindScheme(name)!.Value).Distinct()
                    .Select(SignatureScheme.GetSignatureAndHashAlgorithm),
            ],
            TakesRawKeys = takesRawKeys,
            TakesOpenPgpKeys = types.Contains("OPENPGP"),
            MinDhBits = settings.MinDhBits,
            MaxDhBits = groups.Select(group => NamedGroup.GetFiniteFieldBits(GroupNames.Find(group)!.Value))
                .Append(Math.Min(settings.MinDhBits, TlsLimits.DhPrimeMaxBits))
                .Append(TlsLimits.DhUsualPrimeMaxBits)
                .Max(),
            UsesExtendedMasterSecret = forcesSessionHash || !settings.Options.Overlaps(["%NO_SESSION_HASH", "%COMPAT"]),
            RequiresExtendedMasterSecret = forcesSessionHash,
            RequiresSafeRenegotiation = !settings.Options.Overlaps(
                ["%PARTIAL_RENEGOTIATION", "%UNSAFE_RENEGOTIATION", "%DISABLE_SAFE_RENEGOTIATION"]),
            UsesEncryptThenMac = !settings.Options.Overlaps(["%NO_ETM", "%COMPAT"]),
            RequiresEncryptThenMac = settings.Options.Contains("%FORCE_ETM"),
            IsFallback = settings.Options.Contains("%FALLBACK_SCSV"),
            UsesCompatibilityMode = !settings.Options.Contains("%DISABLE_TLS13_COMPAT_MODE"),
            Description = new PriorityDescription
            {
                Versions = versions,
                CipherSuites = [.. suites.Select(suite => suite.Name)],
                Groups = groups,
                Signatures = signatures,
                CertificateTypes = types,
                LeftOut = select.LeftOut,
                Unknown = [.. settings.Unknown.Select(unknown => unknown.Word)],
            },
        };
    }

    /// <summary>
    /// Unless the string names groups one by one, X25519 comes first, because it costs half of P-256 and its key goes out at once, and
    /// finite fields are left out: all but small ones where suites need them, and all where none does. No level of GnuTLS 3.7 or 3.8 has
    /// them without a curve.
    /// </summary>
    private static IEnumerable<string> Order(PrioritySettings settings)
    {
        int maxFieldBits = settings.KeyExchanges.Contains("DHE-RSA") ? TlsLimits.FieldUsualMaxBits : 0;
        IEnumerable<string> groups = settings.Groups.Where(
            group => settings.NamedGroups.Contains(group)
                || GroupNames.Find(group) is not { } number
                || NamedGroup.GetFiniteFieldBits(number) <= maxFieldBits);
        return settings.NamedGroups.Count > 0 ? groups : groups.OrderBy(group => group != "X25519");
    }

    private static bool IsOffered(CipherSuiteInfo suite, bool hasTls13, bool hasOlder)
        => (suite.IsForTls13 ? hasTls13 : hasOlder)
            && suite.KeyExchange != "DHE-DSS"
            && suite.Cipher is not ("NULL" or "ARCFOUR-128");

    private static void Require(PrioritySettings settings, bool condition, string missing, string remedy)
    {
        if (!condition)
        {
            string ignored = settings.Unknown is [var first, ..] ? $"; “{first.Word}” is unknown" : "";
            throw new PriorityStringException($"the priority string allows {missing}: no handshake could succeed; add {remedy}{ignored}");
        }
    }

    /// <summary>Picks what is offered, and notes the rest.</summary>
    private sealed class Selection
    {
        public List<string> LeftOut { get; } = [];

        public List<string> From(IEnumerable<string> names, string prefix, Predicate<string> isOffered)
            => From(names, name => prefix + name, isOffered);

        public List<T> From<T>(IEnumerable<T> items, Func<T, string> name, Predicate<T> isOffered)
        {
            List<T> all = [.. items];
            LeftOut.AddRange(all.Where(item => !isOffered(item)).Select(name));
            return all.FindAll(isOffered);
        }
    }
}
