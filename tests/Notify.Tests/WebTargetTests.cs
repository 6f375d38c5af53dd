using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Notify.Tests.Support;

namespace Notify.Tests;

/// <summary>What each service on the web is sent, by its own description.</summary>
public sealed class WebTargetTests : IAsyncDisposable
{
    private const string Token = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2";

    private readonly Rig _rig = new();
    private readonly WebTarget _web = new();

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        await _web.DisposeAsync();
        Assert.DoesNotContain(Token, _rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_Request_IsSignedAsStandardWebhooksSays()
    {
        const string key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        _rig.With("webhook.a.url", $"{_web.Url}/hooks/mandos?x=1").WithSecret("webhook.a.secret_file", $"whsec_{key}");
        await _rig.With("link_url", "https://mandos.example.org/link").StartAsync();
        _rig.Wait();

        WebRequest request = await TakeAsync();

        Assert.Equal(("POST", "/hooks/mandos?x=1", "application/json"), (request.Method, request.Path, request.Headers["Content-Type"]));
        string id = request.Headers["webhook-id"];
        string timestamp = request.Headers["webhook-timestamp"];
        Assert.StartsWith("msg_", id, StringComparison.Ordinal);

        // As the specification says, and independent of .NET
        string file = _rig.Files.Write("signed", $"{id}.{timestamp}.{request.Text}");
        string hexKey = Convert.ToHexStringLower(Convert.FromBase64String(key));
        string signature = await Command.RequireAsync(
            "/bin/sh", "-c", $"openssl dgst -sha256 -mac HMAC -macopt hexkey:{hexKey} -binary '{file}' | openssl base64");
        Assert.Equal($"v1,{signature.Trim()}", request.Headers["webhook-signature"]);

        JsonNode json = request.Json;
        JsonNode data = json["data"]!;
        Assert.Equal("need_approval", (string)json["type"]!);
        Assert.Equal(("orchid", "cellar, rack 3", true), ((string)data["client"]!["name"]!, (string)data["client"]!["location"]!, (bool)data["client"]!["enabled"]!));
        Assert.Equal((7, "192.0.2.7", 4711), ((int)data["request"]!["id"]!, (string)data["request"]!["address"]!, (int)data["request"]!["port"]!));
        Assert.Equal(("PT5M", false), ((string)data["time_left"]!, (bool)data["approved_by_default"]!));
        Assert.Equal((7L, true), Read((string)data["links"]!["approve"]!));
        Assert.Equal((7L, false), Read((string)data["links"]!["deny"]!));
        Assert.DoesNotContain(key, request.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(key, _rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_AttemptAfterAFailure_HasTheSameId()
    {
        _rig.With("webhook.a.url", _web.Url).WithSecret("webhook.a.secret_file", "whsec_" + Convert.ToBase64String(new byte[24]));
        _web.Answer = _ => new WebAnswer(_web.Requests.Count == 1 ? 500 : 204);
        await _rig.StartAsync();
        _rig.Wait();

        await Patience.UntilAsync("it is tried again", () => _web.Requests.Count == 2);

        Assert.Equal(_web.Requests[0].Headers["webhook-id"], _web.Requests[1].Headers["webhook-id"]);
        Assert.Contains("Target webhook a: it answers 500; trying again", _rig.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("whsec_AAAA")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_???")]
    public async Task Webhook_BadKey_IsToldWithoutIt(string key)
    {
        _rig.With("webhook.a.url", _web.Url).WithSecret("webhook.a.secret_file", key);
        await _rig.StartAsync();
        _rig.Wait();

        await Patience.UntilAsync("it is told", () => _rig.Log.Contains("webhook.a.secret_file has to be whsec_ and 24 to 64 bytes in base64", StringComparison.Ordinal));

        Assert.DoesNotContain(key, _rig.Log.Replace("whsec_ and", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(_web.Requests);
    }

    [Fact]
    public async Task Ntfy_Request_IsPublishedAsJsonWithButtons()
    {
        _rig.With("ntfy.a.url", $"{_web.Url}/below/topic").WithSecret("ntfy.a.token_file", Token).With("link_url", "https://mandos.example.org/link");
        await _rig.StartAsync();
        _rig.Wait();

        WebRequest request = await TakeAsync();

        Assert.Equal(("POST", "/below/", $"Bearer {Token}"), (request.Method, request.Path, request.Headers["Authorization"]));
        JsonNode json = request.Json;
        Assert.Equal(("topic", "orchid waits for approval", 4), ((string)json["topic"]!, (string)json["title"]!, (int)json["priority"]!));
        Assert.Contains("The machine at 192.0.2.7 asks for the secret of orchid. It waits 5 min; if nobody decides, it is refused.", (string)json["message"]!, StringComparison.Ordinal);
        Assert.Contains("Location: cellar, rack 3", (string)json["message"]!, StringComparison.Ordinal);
        Assert.Equal([("view", "Approve"), ("view", "Deny")], json["actions"]!.AsArray().Select(action => ((string)action!["action"]!, (string)action["label"]!)));
        Assert.Equal([(7L, true), (7L, false)], json["actions"]!.AsArray().Select(action => Read((string)action!["url"]!)));
        Assert.DoesNotContain(Token, request.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ntfy_NoTokenAndNoLinks_HasNeither()
    {
        await _rig.With("ntfy.a.url", $"{_web.Url}/topic").StartAsync();
        _rig.GetSecret();

        WebRequest request = await TakeAsync();

        Assert.False(request.Headers.ContainsKey("Authorization"));
        Assert.Equal(("/", 3), (request.Path, (int)request.Json["priority"]!));
        Assert.Null(request.Json["actions"]);
    }

    [Fact]
    public async Task Matrix_Request_IsAMessageOfTheRoomWithOneTransaction()
    {
        _rig.With("matrix.a.url", _web.Url).With("matrix.a.room", "!room/x:example.org").WithSecret("matrix.a.token_file", Token)
            .With("link_url", "https://mandos.example.org/link");
        _web.Answer = _ => _web.Requests.Count == 1
            ? new WebAnswer(429, """{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":20}""")
            : new WebAnswer(200, """{"event_id":"$x"}""");
        await _rig.StartAsync();
        _rig.Wait();

        await Patience.UntilAsync("it is tried again", () => _web.Requests.Count == 2);
        WebRequest request = _web.Requests[1];

        Assert.Equal(("PUT", $"Bearer {Token}"), (request.Method, request.Headers["Authorization"]));
        Assert.StartsWith("/_matrix/client/v3/rooms/%21room%2Fx%3Aexample.org/send/m.room.message/msg_", request.Path, StringComparison.Ordinal);
        Assert.Equal(_web.Requests[0].Path, request.Path);
        Assert.Equal("m.text", (string)request.Json["msgtype"]!);
        string body = (string)request.Json["body"]!;
        Assert.StartsWith("orchid waits for approval\n", body, StringComparison.Ordinal);
        Assert.Contains("\nApprove: https://mandos.example.org/link/", body, StringComparison.Ordinal);
        Assert.Contains("\nDeny: https://mandos.example.org/link/", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Telegram_Request_IsSentWithoutPreviewAndItsAddressIsNotLogged()
    {
        const string token = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11";
        _rig.With("telegram.a.url", _web.Url).With("telegram.a.chat", "-100123").WithSecret("telegram.a.token_file", token);
        _web.Answer = _ => _web.Requests.Count == 1
            ? new WebAnswer(429, """{"ok":false,"error_code":429,"parameters":{"retry_after":1}}""")
            : new WebAnswer(200, """{"ok":true}""");
        await _rig.StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync("it is tried again", () => _web.Requests.Count == 2);
        WebRequest request = _web.Requests[1];

        Assert.Equal(("POST", $"/bot{token}/sendMessage"), (request.Method, request.Path));
        Assert.Equal("-100123", (string)request.Json["chat_id"]!);
        Assert.StartsWith("orchid got its secret\n", (string)request.Json["text"]!, StringComparison.Ordinal);
        Assert.True((bool)request.Json["link_preview_options"]!["is_disabled"]!);
        Assert.Contains("Target telegram a: it answers 429: it has been told too much; trying again", _rig.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(token[..6], _rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gotify_Request_IsAMessageWithItsPriority()
    {
        _rig.With("gotify.a.url", $"{_web.Url}/below/").WithSecret("gotify.a.token_file", Token);
        await _rig.StartAsync();
        _rig.Wait();

        WebRequest request = await TakeAsync();

        Assert.Equal(("POST", "/below/message", Token), (request.Method, request.Path, request.Headers["X-Gotify-Key"]));
        Assert.Equal(("orchid waits for approval", 8), ((string)request.Json["title"]!, (int)request.Json["priority"]!));
    }

    [Theory]
    [InlineData(401, "it answers 401: it does not accept the token, or not for this")]
    [InlineData(404, "it answers 404: there is nothing at this address")]
    [InlineData(302, "it answers 302: it points elsewhere, where nothing is sent")]
    public async Task Refusal_ThatStays_IsNotTriedAgainAndTheNextMessageTellsOfIt(int status, string reason)
    {
        _rig.With("ntfy.a.url", $"{_web.Url}/topic").WithSecret("ntfy.a.token_file", Token);
        _web.Answer = _ => _web.Requests.Count == 1 ? new WebAnswer(status, "hunter2 " + Token, $"Location: {_web.Url}/other") : new WebAnswer(200);
        await _rig.StartAsync();
        _rig.Wait();
        await Patience.UntilAsync("it is given up", () => _rig.Log.Contains($"Target ntfy a was not told “need_approval”, after 1 attempts: {reason}", StringComparison.Ordinal));
        _rig.GetSecret();
        await Patience.UntilAsync("the next one comes", () => _web.Requests.Count == 2);

        Assert.Contains("\n1 earlier event could not be told here.", (string)_web.Requests[1].Json["message"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", _rig.Log, StringComparison.Ordinal);
        await Patience.UntilAsync("that it works is told", () => _rig.Log.Contains("Target ntfy a can be reached again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(429, 20_000_000, 0, "it answers 429: it has been told too much")]
    [InlineData(500, 20_000_000, 0, "it answers 500")]
    [InlineData(200, 0, 1_000_000, "it does not speak as expected: ConfigurationLimitExceeded")]
    public async Task Answer_ThatIsTooLong_IsNotReadToItsEnd(int status, int bodyLength, int headerLength, string reason)
    {
        _web.Answer = _ => _web.Requests.Count == 1
            ? new WebAnswer(status, new string('1', bodyLength), headerLength == 0 ? [] : ["X-Long: " + new string('x', headerLength)])
            : new WebAnswer(200);
        await _rig.With("ntfy.a.url", $"{_web.Url}/topic").StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync("it is tried again", () => _web.Requests.Count == 2);

        Assert.Contains($"Target ntfy a: {reason}; trying again", _rig.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("[1]")]
    [InlineData("\"x\"")]
    [InlineData("""{"parameters":1}""")]
    [InlineData("""{"parameters":{"retry_after":"soon"}}""")]
    [InlineData("""{"parameters":{"retry_after":1e300}}""")]
    public async Task Answer_ThatMakesNoSense_SaysNothingOfWhenToTryAgain(string body)
    {
        _web.Answer = _ => _web.Requests.Count == 1 ? new WebAnswer(429, body) : new WebAnswer(200);
        _rig.With("telegram.a.url", _web.Url).With("telegram.a.chat", "1").WithSecret("telegram.a.token_file", "1:a");
        await _rig.StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync("it is tried again", () => _web.Requests.Count == 2);

        Assert.DoesNotContain("unexpected", _rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_ThatIsNotThereYet_IsReadWhenItIs()
    {
        string file = _rig.Files.PathOf("later");
        await _rig.With("ntfy.a.url", $"{_web.Url}/topic").With("ntfy.a.token_file", file).StartAsync();
        _rig.Wait();
        await Patience.UntilAsync("it is told", () => _rig.Log.Contains($"Target ntfy a: {file} is not there; trying again", StringComparison.Ordinal));

        await File.WriteAllTextAsync(file, Token + "\n", TestContext.Current.CancellationToken);

        Assert.Equal($"Bearer {Token}", (await TakeAsync()).Headers["Authorization"]);
    }

    [Theory]
    [InlineData("root.pem", true)]
    [InlineData("other.pem", false)]
    [InlineData(null, false)]
    public async Task Tls_Certificate_HasToBeSignedByATrustedOne(string? root, bool isTold)
    {
        using X509Certificate2 signer = TestCertificates.MakeRoot();
        using X509Certificate2 other = TestCertificates.MakeRoot();
        _rig.Files.Write("root.pem", signer.ExportCertificatePem());
        _rig.Files.Write("other.pem", other.ExportCertificatePem());
        (string certificate, string key) = TestCertificates.MakeLocalhost(signer);
        using var pair = X509Certificate2.CreateFromPem(certificate, key);
        await using var web = new WebTarget(X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null));
        _rig.With("ntfy.a.url", $"{web.Url}/topic");
        if (root is not null)
        {
            _rig.With("ntfy.a.root_certificate", _rig.Files.PathOf(root));
        }

        await _rig.StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync(
            "it is told or refused", () => isTold ? web.Requests.Count == 1 : _rig.Log.Contains("Target ntfy a: TLS: ", StringComparison.Ordinal));
        Assert.Equal(isTold ? 1 : 0, web.Requests.Count);
    }

    [Fact]
    public async Task Tls_CertificateForAnotherName_IsRefused()
    {
        using X509Certificate2 signer = TestCertificates.MakeRoot();
        (string certificate, string key) = TestCertificates.MakeHost(signer, "elsewhere.example.org");
        using var pair = X509Certificate2.CreateFromPem(certificate, key);
        await using var web = new WebTarget(X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null));
        _rig.With("ntfy.a.url", $"{web.Url}/topic").With("ntfy.a.root_certificate", _rig.Files.Write("root.pem", signer.ExportCertificatePem()));
        await _rig.StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync("it is refused", () => _rig.Log.Contains("Target ntfy a: TLS: ", StringComparison.Ordinal));
        Assert.Empty(web.Requests);
    }

    private (long RequestId, bool Approved) Read(string link)
    {
        Assert.StartsWith("https://mandos.example.org/link/", link, StringComparison.Ordinal);
        Assert.True(_rig.Server.Links.TryRead(link.Split('/')[^1], out long requestId, out bool approved));
        return (requestId, approved);
    }

    private async Task<WebRequest> TakeAsync()
    {
        await Patience.UntilAsync("the target is told", () => _web.Requests.Count > 0);
        return _web.Requests[0];
    }
}
