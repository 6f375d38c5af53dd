using Mandos.Abstractions.Tls;

namespace Mandos.PluginContracts.Tls;

/// <summary>What every <see cref="ITlsBackend"/> has to do.</summary>
public static class TlsBackendContract
{
    /// <summary>The server's default priority string: TLS 1.3 with raw public keys alone.</summary>
    public const string DefaultPriority = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

    /// <summary>The checks of a TLS back end. They use TCP connections of this process with itself.</summary>
    /// <param name="create">Makes a back end.</param>
    /// <param name="peer">Makes a well-behaved peer; by default a <see cref="RawKeyTlsPeer"/>.</param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(
        Func<ContractContext, ITlsBackend> create, Func<ITlsTestPeer>? peer = null, ContractLimits? limits = null)
        => new TlsBackendChecks(create, peer ?? (() => new RawKeyTlsPeer()), limits ?? new ContractLimits()).All();
}
