using System.Composition;
using Mandos.Abstractions.Plugins;
using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.OpenSsl;
using Mandos.TlsBouncy.Priority;

[assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]

namespace Mandos.TlsBouncy;

/// <summary>TLS with BouncyCastle.</summary>
[ExportTlsBackend("bouncy")]
[method: ImportingConstructor]
public sealed class BouncyTlsBackend(IPluginContext context) : ITlsBackend
{
    private readonly HandshakeCrypto _crypto = new(LibCrypto.IsAvailable);

    /// <inheritdoc/>
    public ITlsHandshaker CreateHandshaker(string priority)
        => new Handshaker(PriorityString.Parse(priority), _crypto, context.Logger, context.TimeProvider);

    /// <inheritdoc/>
    public PriorityDescription DescribePriority(string priority) => PriorityString.Parse(priority).Description;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
