using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Priority;

namespace TlsBouncy.Tests.Hostile;

/// <summary>Every hostile peer there is: the string that also allows TLS 1.2 must refuse those of TLS 1.3 as well.</summary>
public sealed class HostilePeerTests : TlsTest
{
    private const string Both = "NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP:!RSA";

    public static TheoryData<string, string> Peers => new(
        from priority in (string[])[PriorityString.Default, Both]
        from peer in priority == PriorityString.Default ? HostilePeer.OfTls13 : HostilePeer.OfTls13.Concat(HostilePeer.OfTls12)
        where priority == PriorityString.Default || peer.Name != "TLS 1.2" // whom that string allows
        select (priority, peer.Name));

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task HandshakeAsync_HostilePeer_Refused(string priority, string name)
    {
        HostilePeer peer = HostilePeer.OfTls13.Concat(HostilePeer.OfTls12).Single(peer => peer.Name == name);

        string reason = await RefusedAsync(stream => peer.Attack(stream, Token), CreateHandshaker(priority));

        Assert.False(string.IsNullOrEmpty(reason));
    }

    [Theory]
    [InlineData("TLS 1.2: DHE of 16384 bits", "with 16384 bits")]
    [InlineData("TLS 1.2: DHE with an even prime", "cannot be right")]
    [InlineData("TLS 1.2: no extended master secret", "RFC 7627")]
    [InlineData("TLS 1.2: mark of a downgrade", "does not follow TLS (illegal_parameter")]
    [InlineData("TLS 1.2: point off the curve", "does not follow TLS")]
    [InlineData("TLS 1.2: explicit curve", "does not follow TLS")]
    [InlineData("TLS 1.2: warnings after ServerHello", "without completing the handshake")]
    [InlineData("TLS 1.2: hello_requests after ServerHello", "without completing the handshake")]
    [InlineData("OpenPGP: RSA key of 16384 bits", "16384 bits")]
    [InlineData("RSA key of 16384 bits", "16384 bits")]
    [InlineData("explicit EC curve", "named")]
    public async Task HandshakeAsync_HostilePeer_SaysWhy(string name, string why)
    {
        HostilePeer peer = HostilePeer.OfTls13.Concat(HostilePeer.OfTls12).Single(peer => peer.Name == name);

        Assert.Contains(
            why, await RefusedAsync(stream => peer.Attack(stream, Token), CreateHandshaker(Both)), StringComparison.Ordinal);
    }
}
