using Mandos.Abstractions.Clients;

namespace Mandos.Host.Migration;

/// <summary>What Debian's server kept of one client.</summary>
internal sealed record StockClient
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The settings that <c>clients.conf</c> had when this was saved.</summary>
    public required ClientSettings FileSettings { get; init; }

    /// <summary>The option <c>enabled</c> that <c>clients.conf</c> had when this was saved.</summary>
    public required bool FileEnabled { get; init; }

    /// <summary>The client; null if a person had removed it at run time.</summary>
    public required ClientSnapshot? Snapshot { get; init; }

    /// <summary>Its secret as <see cref="StockSecret"/> reads it; empty if none was kept.</summary>
    public ReadOnlyMemory<byte> EncryptedSecret { get; init; }
}
