using System.Collections.Concurrent;
using Mandos.Abstractions.Tls;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests;

/// <summary>Exchanges with GnuTLS, which mandos-client uses: all that a priority string offers, one by one.</summary>
public sealed class GnutlsTests : TlsTest
{
    private const string Tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK";
    private const string Tls11 = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+CTYPE-RAWPK";
    private const string Tls10 = "NORMAL:-VERS-ALL:+VERS-TLS1.0:+CTYPE-RAWPK";

    /// <summary>Whatever GnuTLS 3.7 has and we take, also what no level has.</summary>
    private const string Everything =
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK:+3DES-CBC:+CAMELLIA-256-CBC:+CAMELLIA-128-CBC:+CAMELLIA-256-GCM:+CAMELLIA-128-GCM"
        + ":+AES-128-CCM-8:+AES-256-CCM-8:+SHA256:+SHA384";

    /// <summary>The default, with what it leaves out unless it is named.</summary>
    private const string Fields = $"{PriorityString.Default}:-GROUP-ALL:+GROUP-FFDHE2048:+GROUP-FFDHE3072";

    private static readonly ConcurrentDictionary<PeerKeyKind, PeerKeyPair> _keys = new();

    public static TheoryData<PeerKeyKind> Kinds => [.. Enum.GetValues<PeerKeyKind>()];

    public static TheoryData<string, string> Suites => Each(
        policy => policy.CipherSuites.Select(CipherSuites.Name), PriorityString.Default, Everything, Tls11, Tls10);

    public static TheoryData<string, string> Groups => Each(
        policy => policy.Description.Groups, PriorityString.Default, Fields, $"{Tls12}:+GROUP-FFDHE8192:+GROUP-SECP192R1:+GROUP-SECP224R1", Tls11);

    public static TheoryData<string, string> Signatures => Each(
        policy => policy.Description.Signatures.Where(name => CanSign(policy, name)), PriorityString.Default, Tls12);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task HandshakeAsync_EachKindOfKey_SessionHasKey(PeerKeyKind kind)
        => await ExchangeAsync(PriorityString.Default, kind, "");

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task HandshakeAsync_EachSuite_Succeeds(string priority, string suite)
    {
        CipherSuiteInfo info = PriorityString.Parse(priority).CipherSuites.Select(number => CipherSuites.Find(number)!)
            .Single(candidate => candidate.Name == suite);
        string exchange = info.IsForTls13 ? "" : $":-KX-ALL:+{info.KeyExchange}:-MAC-ALL:+{info.Mac}";

        string description = await ExchangeAsync(priority, KindFor(info), $":-CIPHER-ALL:+{info.Cipher}{exchange}");

        Assert.Contains($" {suite}, ", description, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task HandshakeAsync_EachGroup_Succeeds(string priority, string group)
    {
        bool isField = group.StartsWith("FFDHE", StringComparison.Ordinal);
        string exchange = priority is PriorityString.Default or Fields ? "" : $":-KX-ALL:+{(isField ? "DHE-RSA" : "ECDHE-RSA")}";

        string description = await ExchangeAsync(priority, PeerKeyKind.Rsa2048, $":-GROUP-ALL:+GROUP-{group}{exchange}");

        Assert.Contains($", {group}, ", description, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Signatures))]
    public async Task HandshakeAsync_EachSignature_Succeeds(string priority, string signature)
    {
        PeerKeyKind kind = signature switch
        {
            "EdDSA-Ed25519" => PeerKeyKind.Ed25519,
            "EdDSA-Ed448" => PeerKeyKind.Ed448,
            "ECDSA-SECP256R1-SHA256" => PeerKeyKind.EcdsaP256,
            "ECDSA-SECP384R1-SHA384" => PeerKeyKind.EcdsaP384,
            "ECDSA-SECP521R1-SHA512" => PeerKeyKind.EcdsaP521,
            _ when signature.StartsWith("ECDSA", StringComparison.Ordinal) => PeerKeyKind.EcdsaP256,
            _ when signature.StartsWith("RSA-PSS-SHA", StringComparison.Ordinal) => PeerKeyKind.RsaPss2048,
            _ => PeerKeyKind.Rsa2048,
        };

        string description = await ExchangeAsync(priority, kind, $":-KX-ALL:+ECDHE-RSA:+ECDHE-ECDSA:-SIGN-ALL:+SIGN-{signature}");

        string scheme = SignatureScheme.GetName(SignatureNames.FindScheme(signature)!.Value);
        Assert.EndsWith($", {scheme}", description, StringComparison.Ordinal);
    }

    /// <summary>Keys that GnuTLS itself has made: it writes some of them otherwise than others do.</summary>
    [Theory]
    [InlineData("rsa_pss_pss_sha256", "--key-type=rsa-pss", "--bits=2048")]
    [InlineData("rsa_pss_pss_sha256", "--key-type=rsa-pss", "--bits=2048", "--hash=sha256", "--salt-size=32")]
    [InlineData("rsa_pss_pss_sha384", "--key-type=rsa-pss", "--bits=2048", "--hash=sha384")]
    [InlineData("rsa_pss_pss_sha512", "--key-type=rsa-pss", "--bits=2048", "--hash=sha512")]
    [InlineData("rsa_pss_rsae_sha256", "--key-type=rsa", "--bits=2048")]
    [InlineData("ecdsa_secp521r1_sha512", "--key-type=ecdsa", "--curve=secp521r1")]
    [InlineData("ed448", "--key-type=ed448")]
    public async Task HandshakeAsync_KeyMadeByCerttool_SessionHasKey(string scheme, params string[] kind)
    {
        string privatePem = await GnutlsServer.RunAsync(
            "certtool", ["--generate-privkey", "--pkcs8", "--password=", "--no-text", .. kind], "");
        string publicPem = await GnutlsServer.RunAsync(
            "certtool", ["--load-privkey=/dev/stdin", "--pubkey-info", "--no-text"], privatePem);
        await using GnutlsServer server = new(privatePem, publicPem, ":-VERS-ALL:+VERS-TLS1.3", asksForCertificate: false);
        using System.Net.Sockets.NetworkStream stream = await server.ConnectAsync(Token);

        using ITlsSession session = await Handshaker.HandshakeAsync(stream, Token);

        Assert.EndsWith($", {scheme}", session.Description, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String(session.PeerKey.Encoded.Span), publicPem.ReplaceLineEndings(""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PriorityString.Default)]
    [InlineData(Tls12)]
    [InlineData(Tls11)]
    public async Task HandshakeAsync_PeerAsksForOurCertificate_Succeeds(string priority)
        => await ExchangeAsync(priority, PeerKeyKind.Rsa2048, "", asksForOurs: true);

    /// <summary>Words that mean nothing to us, and words that nobody knows: the handshake is as without them.</summary>
    [Theory]
    [InlineData(PriorityString.Default)]
    [InlineData(Tls12)]
    public async Task HandshakeAsync_WordsOfNewerGnutls_Succeeds(string priority) => await ExchangeAsync(
        priority + ":%NO_SHUFFLE_EXTENSIONS:%NO_STATUS_REQUEST:%FORCE_SESSION_HASH:+SIGN-ML-DSA-44:+SIGN-ML-DSA-65:+SIGN-ML-DSA-87"
        + ":+AES-128-SIV-GCM:+AES-256-SIV-GCM:+AES-128-CFB:+PBMAC1:+GROUP-X25519-MLKEM768:+SIGN-OF-TOMORROW:%OPTION_OF_TOMORROW",
        PeerKeyKind.Rsa2048,
        "");

    [Theory]
    [InlineData(":%FORCE_SESSION_HASH", "must do without %FORCE_SESSION_HASH")]
    [InlineData(":%FORCE_SESSION_HASH:%NO_SESSION_HASH", "must do without %FORCE_SESSION_HASH")]
    [InlineData("", "or the priority string %NO_SESSION_HASH")]
    public async Task HandshakeAsync_PeerWithoutSessionHash_IsRefused(string words, string advice)
        => Assert.EndsWith(
            advice,
            (await Assert.ThrowsAsync<TlsHandshakeException>(
                () => ExchangeAsync(Tls12 + words, PeerKeyKind.Rsa2048, ":%NO_SESSION_HASH"))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(":-VERS-ALL:+VERS-TLS1.2")]
    [InlineData(":-GROUP-ALL:+GROUP-FFDHE8192")]
    [InlineData(":-CIPHER-ALL:+AES-128-CCM-8")]
    [InlineData(":-SIGN-ALL:+SIGN-RSA-SHA1")]
    public async Task HandshakeAsync_NothingInCommon_SaysWhatWeAllowAndWhatToAdd(string peerPriority)
    {
        await using GnutlsServer server = new(_keys.GetOrAdd(PeerKeyKind.Rsa2048, PeerKeyPair.Create), peerPriority, asksForCertificate: false);
        using System.Net.Sockets.NetworkStream stream = await server.ConnectAsync(Token);

        TlsHandshakeException refusal = await Assert.ThrowsAsync<TlsHandshakeException>(
            async () => await Handshaker.HandshakeAsync(stream, Token));

        Assert.Contains("we allow TLS1.3 with RAWPK", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("add +VERS-TLS1.2:+CTYPE-OPENPGP to the priority string", refusal.Message, StringComparison.Ordinal);
    }

    private static TheoryData<string, string> Each(Func<HandshakePolicy, IEnumerable<string>> items, params string[] priorities)
    {
        TheoryData<string, string> data = [];
        foreach (string priority in priorities)
        {
            foreach (string item in items(PriorityString.Parse(priority)))
            {
                data.Add(priority, item);
            }
        }

        return data;
    }

    /// <summary>TLS 1.3 has PKCS #1 for certificates only.</summary>
    private static bool CanSign(HandshakePolicy policy, string signature)
        => policy.Versions[0] != ProtocolVersion.TLSv13 || !signature.StartsWith("RSA-SHA", StringComparison.Ordinal);

    private static PeerKeyKind KindFor(CipherSuiteInfo suite) => suite.KeyExchange switch
    {
        "ECDHE-ECDSA" => PeerKeyKind.EcdsaP256,
        "" => PeerKeyKind.Ed25519,
        _ => PeerKeyKind.Rsa2048,
    };

    private async Task<string> ExchangeAsync(string priority, PeerKeyKind kind, string peerPriority, bool asksForOurs = false)
    {
        string versions = string.Concat(PriorityString.Parse(priority).Description.Versions.Select(version => $":+VERS-{version}"));
        PeerKeyPair key = _keys.GetOrAdd(kind, PeerKeyPair.Create);
        await using GnutlsServer server = new(key, $":-VERS-ALL{versions}{peerPriority}", asksForOurs);
        using System.Net.Sockets.NetworkStream stream = await server.ConnectAsync(Token);
        using ITlsSession session = await CreateHandshaker(priority).HandshakeAsync(stream, Token);
        Assert.Equal(key.SubjectPublicKeyInfo.ToArray(), session.PeerKey.Encoded.ToArray());

        // The server echoes lines, which goes unread here, and closes when it is told of the end.
        await session.WriteAsync("the secret\n"u8.ToArray(), Token);
        await session.CloseAsync(Token);
        await session.WaitForPeerCloseAsync(Token);
        return session.Description;
    }
}
