using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests.Handshaking;

/// <summary>What our first message offers.</summary>
public sealed class ClientHelloTests
{
    private const string Both = "NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP";
    private const int RecordAndMessageHeaderBytes = 9;

    [Fact]
    public void Connect_BothTypesOfKey_OffersBoth()
    {
        ClientHello hello = Hello(Both);

        Assert.Equal([1, 1], hello.Extensions[ExtensionType.cert_type]);
        Assert.Equal([1, 2], hello.Extensions[ExtensionType.server_certificate_type]);
    }

    [Theory]
    [InlineData(PriorityString.Default, ExtensionType.cert_type)]
    [InlineData("NORMAL:!CTYPE-X.509:+CTYPE-OPENPGP", ExtensionType.server_certificate_type)]
    [InlineData($"{Both}:%NO_ETM", ExtensionType.encrypt_then_mac)]
    [InlineData($"{Both}:%NO_SESSION_HASH", ExtensionType.extended_master_secret)]
    [InlineData(Both, ExtensionType.session_ticket)]
    [InlineData(Both, ExtensionType.status_request)]
    public void Connect_NotAllowed_IsNotOffered(string priority, int extension)
        => Assert.DoesNotContain(extension, Hello(priority).Extensions.Keys);

    [Theory]
    [InlineData(ExtensionType.encrypt_then_mac)]
    [InlineData(ExtensionType.extended_master_secret)]
    [InlineData(ExtensionType.signature_algorithms)]
    [InlineData(ExtensionType.supported_groups)]
    public void Connect_Otherwise_IsOffered(int extension) => Assert.Contains(extension, Hello(Both).Extensions.Keys);

    [Theory]
    [InlineData(Both, false)]
    [InlineData($"{Both}:-VERS-TLS1.3:%FALLBACK_SCSV", true)]
    public void Connect_Fallback_IsSaid(string priority, bool isFallback)
        => Assert.Equal(isFallback, Hello(priority).CipherSuites.Contains(CipherSuite.TLS_FALLBACK_SCSV));

    [Theory]
    [InlineData(Both, 32)]
    [InlineData($"{Both}:%DISABLE_TLS13_COMPAT_MODE", 0)]
    public void Connect_CompatibilityMode_HasSessionId(string priority, int bytes)
        => Assert.Equal(bytes, Hello(priority).SessionID.Length);

    private static ClientHello Hello(string priority)
    {
        HandshakePolicy policy = PriorityString.Parse(priority);
        HandshakeClient client = new(new HandshakeCrypto(useLibCrypto: true), policy, trace: null);
        HandshakeProtocol protocol = new(client, trace: null);
        protocol.Connect(client);
        byte[] sent = new byte[protocol.GetAvailableOutputBytes()];
        protocol.ReadOutput(sent, 0, sent.Length);
        return ClientHello.Parse(new MemoryStream(sent[RecordAndMessageHeaderBytes..]), null);
    }
}
