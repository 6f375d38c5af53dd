using Mandos.Abstractions.Tls;
using Mandos.PluginContracts.Tls;
using Mandos.TlsBouncy;

namespace Mandos.PluginContracts.Tests.Tls;

public sealed class RawKeyTlsPeerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<TlsPeerFault> Faults => [.. Enum.GetValues<TlsPeerFault>().Where(fault => fault != TlsPeerFault.None)];

    /// <summary>With a key share of the peer's group, and without: then it takes a HelloRetryRequest.</summary>
    [Theory]
    [InlineData("-GROUP-ALL:+GROUP-SECP256R1")]
    [InlineData("-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1")]
    public async Task ReceiveAsync_NoFault_ReceivesWhatIsSent(string groups)
    {
        using var peer = new RawKeyTlsPeer();
        using TlsConnection connection = await TlsConnection.OpenAsync(peer, Token);

        using ITlsSession session = await HandshakeAsync(connection, groups);
        await session.WriteAsync(new byte[] { 1, 2, 3 }, Token);
        await session.CloseAsync(Token);

        Assert.Equal([1, 2, 3], await connection.Receiving);
        Assert.Equal(peer.PublicKey, session.PeerKey.Encoded);
    }

    /// <summary>Refused for what the peer does, not because the connection was lost.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task ReceiveAsync_Fault_IsRefusedAsThePeersDoing(TlsPeerFault fault)
    {
        using var peer = new RawKeyTlsPeer { Fault = fault };
        using TlsConnection connection = await TlsConnection.OpenAsync(peer, Token);

        await Assert.ThrowsAsync<TlsHandshakeException>(() => HandshakeAsync(connection));
    }

    [Fact]
    public async Task ReceiveAsync_NoSuitableOffer_SaysWhatIsMissing()
    {
        using var peer = new RawKeyTlsPeer();
        using TlsConnection connection = await TlsConnection.OpenAsync(peer, Token);
        Task handshake = HandshakeAsync(connection, "-GROUP-ALL:+GROUP-X25519");

        var failure = await Assert.ThrowsAsync<IOException>(() => connection.Receiving);
        connection.ClosePeer();

        Assert.Contains("secp256r1", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => handshake);
    }

    private static async Task<ITlsSession> HandshakeAsync(TlsConnection connection, string? more = null)
    {
        using var context = new ContractContext();
        using var backend = new BouncyTlsBackend(context);
        string priority = TlsBackendContract.DefaultPriority + (more is null ? "" : $":{more}");
        return await connection.HandshakeAsync(backend.CreateHandshaker(priority), Token);
    }
}
