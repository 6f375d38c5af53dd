using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Samples;
using Mandos.TestKit.Control;
using Mandos.WebControl.Access;
using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>Programs ask and command over HTTP.</summary>
public sealed class ApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clients_Listed_ComeInOrderOfNamesWithAllTheyHave()
    {
        await using Rig rig = await Rig.StartAsync([Named("b"), Named("a/ü ?%"), Named("B")]);

        (int status, JsonElement json) = await rig.GetAsync("/api/v1/clients");

        Assert.Equal(200, status);
        Assert.Equal(["B", "a/ü ?%", "b"], Names(json));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("next").ValueKind);
        JsonElement client = json.GetProperty("clients")[0];
        Assert.All(ClientSetting.All, setting => Assert.True(client.TryGetProperty(setting.OptionName, out _), setting.OptionName));
        Assert.Equal("PT5M", client.GetProperty("timeout").GetString());
    }

    [Fact]
    public async Task Clients_InPages_AreEachThereOnce()
    {
        await using Rig rig = await Rig.StartAsync(Enumerable.Range(0, 25).Select(i => Named($"c{i:00}")));
        List<string> names = [];
        string? after = null;
        do
        {
            (_, JsonElement page) = await rig.GetAsync($"/api/v1/clients?limit=10{(after is null ? "" : $"&after={Uri.EscapeDataString(after)}")}");
            names.AddRange(Names(page));
            after = page.GetProperty("next").GetString();
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"c{i:00}"), names);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=x")]
    [InlineData("limit=10001")]
    [InlineData("limit=1&limit=2")]
    public async Task Clients_BadLimit_IsRefused(string query)
    {
        await using Rig rig = await Rig.StartAsync([]);

        (int status, JsonElement json) = await rig.GetAsync($"/api/v1/clients?{query}");

        Assert.Equal((400, "bad_value"), (status, json.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with/slash and % and ü")]
    [InlineData("a.b..c")]
    [InlineData("<script>")]
    public async Task Client_OfAnyName_IsFoundByItsEncodedName(string name)
    {
        await using Rig rig = await Rig.StartAsync([Named(name)]);

        (int status, JsonElement json) = await rig.GetAsync($"/api/v1/clients/{Uri.EscapeDataString(name)}");

        Assert.Equal((200, name), (status, json.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Commands_ForManyClients_AreCarriedOutAndThoseThatFailNamed()
    {
        await using Rig rig = await Rig.StartAsync([Named("one"), Named("two"), Named("three")]);
        long id = (await rig.Server.GetClientAsync("one", Cancellation))!.Id;

        (int status, JsonElement json) = await rig.PostAsync(
            "/api/v1/commands",
            $$"""{"clients":[{"name":"one","id":{{id}}},{"name":"two","id":{{id}}},{"name":"nosuch"},{"name":"three"}],"action":"settings","settings":{"timeout":"PT7S" } }""");

        Assert.Equal(200, status);
        Assert.Equal(
            [("two", "unknown_client"), ("nosuch", "unknown_client")],
            json.GetProperty("problems").EnumerateArray().Select(static problem => (problem.GetProperty("client").GetString(), problem.GetProperty("code").GetString())));
        Assert.Equal(
            ["one", "three"],
            (await rig.Server.GetClientsAsync(Cancellation)).Where(static client => client.Settings.Timeout == TimeSpan.FromSeconds(7))
                .Select(static client => client.Name).Order());
    }

    [Theory]
    [InlineData("""{"action":"disable"}""")]
    [InlineData("""{"clients":["one"],"action":"disable"}""")]
    [InlineData("""{"clients":[{"name":"one","id":"x"}],"action":"disable"}""")]
    [InlineData("""{"clients":[{"name":"one"}]}""")]
    [InlineData("""{"clients":[{"name":"one"}],"action":"secret"}""")]
    [InlineData("""{"clients":[{"name":"one"}],"action":"settings"}""")]
    [InlineData("""{"clients":[{"name":"one"}],"action":"disable","settings":{"timeout":"PT7S"}}""")]
    [InlineData("""{"clients":[{"name":"one"}],"action":"settings","settings":{"interval":"PT0S"}}""")]
    [InlineData("""{"clients":[{"name":"\ud800"}],"action":"disable"}""")]
    public async Task Commands_ForManyClientsBadBody_AreRefused(string body)
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, JsonElement json) = await rig.PostAsync("/api/v1/commands", body);

        Assert.Equal((400, "bad_value"), (status, json.GetProperty("code").GetString()));
        Assert.True((await rig.Server.GetClientAsync("one", Cancellation))!.Enabled);
    }

    [Fact]
    public async Task Commands_ForAClient_AreCarriedOutInTheNameOfTheUser()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, JsonElement json) = await rig.PostAsync("/api/v1/clients/one/disable");

        Assert.Equal((200, true), (status, json.GetProperty("durable").GetBoolean()));
        Assert.False((await rig.Server.GetClientAsync("one", Cancellation))!.Enabled);
        CommandSource source = Assert.Single(rig.Server.Sources);
        Assert.Equal("web", source.Surface);
        Assert.StartsWith("uid ", source.User, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_NotSaved_SaysSo()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        rig.Server.SaveProblem = "the disk is full";

        (int status, JsonElement json) = await rig.PostAsync("/api/v1/clients/one/disable");

        Assert.Equal((200, false), (status, json.GetProperty("durable").GetBoolean()));
        Assert.Contains("the disk is full", json.GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_ForAnotherClientOfThatName_DoesNotMeetIt()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        long id = (await rig.Server.GetClientAsync("one", Cancellation))!.Id;

        (int status, JsonElement json) = await rig.PostAsync($"/api/v1/clients/one/disable?id={id + 1}");
        Assert.Equal((404, "unknown_client"), (status, json.GetProperty("code").GetString()));
        Assert.True((await rig.Server.GetClientAsync("one", Cancellation))!.Enabled);

        (status, _) = await rig.PostAsync($"/api/v1/clients/one/disable?id={id}");
        Assert.Equal(200, status);
        Assert.False((await rig.Server.GetClientAsync("one", Cancellation))!.Enabled);
    }

    [Theory]
    [InlineData("/api/v1/clients/nobody/enable", 404, "unknown_client")]
    [InlineData("/api/v1/requests/7/approve", 404, "unknown_request")]
    [InlineData("/api/v1/kept/nobody/forget", 404, "not_found")]
    [InlineData("/api/v1/requests/x/approve", 404, "not_found")]
    [InlineData("/api/v1/clients/one/explode", 404, "not_found")]
    [InlineData("/api/v1/clients", 405, "wrong_method")]
    public async Task Post_ToWhatIsNotThere_IsRefused(string path, int status, string code)
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int got, JsonElement json) = await rig.PostAsync(path);

        Assert.Equal((status, code), (got, json.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("approve")]
    [InlineData("remove")]
    public async Task Get_OfACommand_ChangesNothing(string command)
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, _) = await rig.GetAsync($"/api/v1/clients/one/{command}");

        Assert.Equal(405, status);
        Assert.Empty(rig.Server.Sources);
    }

    [Fact]
    public async Task Settings_Changed_AreInForce()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, _) = await rig.PostAsync(
            "/api/v1/clients/one/settings", """{"timeout":"PT1H30M","approved_by_default":false,"location":"Zürich, “cellar”"}""");

        Assert.Equal(200, status);
        ClientSettings settings = (await rig.Server.GetClientAsync("one", Cancellation))!.Settings;
        Assert.Equal((TimeSpan.FromMinutes(90), false, "Zürich, “cellar”"), (settings.Timeout, settings.ApprovedByDefault, settings.Location));
    }

    [Theory]
    [InlineData("""{"timeout":"PT1H","colour":"red"}""", "there is no setting colour")]
    [InlineData("""{"timeout":300}""", "timeout has to be a duration")]
    [InlineData("""{"timeout":"5 minutes"}""", "timeout has to be a duration")]
    [InlineData("""{"location":"here","interval":"PT0S"}""", "interval")]
    [InlineData("""{"timeout":"PT1H","timeout":"PT2H"}""", "property twice")]
    [InlineData("""{"timeout":""", "no JSON")]
    [InlineData("""["timeout"]""", "JSON object")]
    [InlineData("""{"host":"\ud800"}""", "Unicode")]
    [InlineData("""{"\ud800":"x"}""", "Unicode")]
    public async Task Settings_Bad_ChangeNothing(string body, string message)
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        ClientSnapshot before = (await rig.Server.GetClientAsync("one", Cancellation))!;

        (int status, JsonElement json) = await rig.PostAsync("/api/v1/clients/one/settings", body);

        Assert.Equal((400, "bad_value"), (status, json.GetProperty("code").GetString()));
        Assert.Contains(message, json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(before.Settings, (await rig.Server.GetClientAsync("one", Cancellation))!.Settings);
    }

    [Fact]
    public async Task Secret_Posted_IsKeptAndNeverGivenBack()
    {
        byte[] secret = Encoding.UTF8.GetBytes("correct horse battery staple");
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        using var content = new ByteArrayContent(secret) { Headers = { ContentType = new("application/octet-stream") } };

        using HttpResponseMessage response = await rig.Http.PostAsync(new Uri("/api/v1/clients/one/secret", UriKind.Relative), content, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(secret, rig.Server.Secret("one")!.Value.ToArray());
        string all = await rig.Http.GetStringAsync(new Uri("/api/v1/clients", UriKind.Relative), Cancellation);
        Assert.DoesNotContain("horse", all, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(secret), all, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Context.Logged, line => line.Text.Contains("horse", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Secret_TooLongOrEmptyOrOfAnotherType_IsRefused()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int tooLong, _) = await rig.PostAsync("/api/v1/clients/one/secret", new string('x', ClientLimits.SecretBytes + 1), "application/octet-stream");
        (int wrongType, _) = await rig.PostAsync("/api/v1/clients/one/secret", "x", "text/plain");
        (int empty, _) = await rig.PostAsync("/api/v1/clients/one/secret", "", "application/octet-stream");

        Assert.Equal((413, 415, 400), (tooLong, wrongType, empty));
        Assert.Empty(rig.Server.Sources);
    }

    [Fact]
    public async Task Requests_OfOneKeyFromTwoAddresses_AreTwoWithAWarning()
    {
        SecretRequest[] requests =
        [
            new(7, new(IPAddress.Parse("192.0.2.1"), 4000), "AB", DateTimeOffset.UnixEpoch), new(8, new(IPAddress.Parse("2001:db8::1"), 4001), "AB", DateTimeOffset.UnixEpoch),
        ];
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = requests, ApprovalsPending = 2 }, Named("two")]);

        (_, JsonElement json) = await rig.GetAsync("/api/v1/requests");

        Assert.Equal(
            [(7, "one", "192.0.2.1", true), (8, "one", "2001:db8::1", true)],
            json.GetProperty("requests").EnumerateArray().Select(request => (
                request.GetProperty("id").GetInt32(), request.GetProperty("client").GetString()!, request.GetProperty("address").GetString()!,
                request.GetProperty("shared_key_warning").GetBoolean())));
    }

    [Theory]
    [InlineData(1 << 17, 200)]
    [InlineData((1 << 17) + 1, 400)]
    public async Task Settings_LongText_IsTakenAsOnDBus(int length, int expected)
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, _) = await rig.PostAsync("/api/v1/clients/one/settings", $$"""{"host":"{{new string('x', length)}}"}""");

        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task Requests_FromALinkLocalAddress_HaveItsZone()
    {
        await using Rig rig = await Rig.StartAsync([
            Named("one") with { Requests = [new(7, new(IPAddress.Parse("fe80::1%1"), 4000), "AB", DateTimeOffset.UnixEpoch)] },
        ]);

        (_, JsonElement json) = await rig.GetAsync("/api/v1/requests");

        JsonElement request = Assert.Single(json.GetProperty("requests").EnumerateArray());
        Assert.Equal(("fe80::1%1", "lo"), (request.GetProperty("address").GetString(), request.GetProperty("interface").GetString()));
    }

    [Fact]
    public async Task Forget_NameUnderWhichNothingIsKept_SaysSo()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, JsonElement json) = await rig.PostAsync("/api/v1/kept/one/forget");

        Assert.Equal(
            (404, "not_found", "nothing is kept under the name “one”"),
            (status, json.GetProperty("code").GetString(), json.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Events_AfterReady_MissNothing()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        using Stream stream = await rig.Http.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: ready", await reader.ReadLineAsync(Cancellation));

        await rig.PostAsync("/api/v1/clients/one/disable");
        List<string> lines = [];
        while (!lines.Contains("event: client_changed"))
        {
            lines.Add((await reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(Patience.Limit, TimeProvider.System, Cancellation))!);
        }

        using JsonDocument data = JsonDocument.Parse((await reader.ReadLineAsync(Cancellation))!["data: ".Length..]);
        Assert.Contains(data.RootElement.GetProperty("changed").EnumerateArray(), name => name.GetString() == "Enabled");
        Assert.False(data.RootElement.GetProperty("client").GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task Stop_WhileAStreamIsOpen_EndsIt()
    {
        await using Rig rig = await Rig.StartAsync([]);
        using Stream stream = await rig.Http.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: ready", await reader.ReadLineAsync(Cancellation));

        await rig.StopAsync();

        Assert.Contains("data: {}", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        Assert.False(File.Exists(rig.Socket));
    }

    [Fact]
    public async Task Clients_AHundredThousand_AreAllStreamed()
    {
        const int Count = 100_000;
        ClientSnapshot sample = SampleClients.Snapshot(1);
        await using Rig rig = await Rig.StartAsync(Enumerable.Range(0, Count).Select(i => sample with { Name = $"client{i:000000}" }));

        using Stream stream = await rig.Http.GetStreamAsync(new Uri("/api/v1/clients", UriKind.Relative), Cancellation);
        using JsonDocument json = await JsonDocument.ParseAsync(stream, cancellationToken: Cancellation);

        Assert.Equal(Count, json.RootElement.GetProperty("clients").GetArrayLength());
    }

    [Fact]
    public async Task Examine_Sections_TellsAllOfTheAnswer()
    {
        await using Rig rig = await Rig.StartAsync([]);
        Assert.Equal(404, (await rig.PostAsync("/api/v1/examine", "[a]", "application/octet-stream")).Status);
        rig.Server.Examination = new Examination
        {
            ConfigDirectory = "/etc/mandos",
            Clients =
            [
                new ExaminedClient
                {
                    Client = Named("a") with { Settings = new ClientSettings { KeyId = new string('A', 64), CheckerPlugin = "ssh" } },
                    Line = 3,
                    SecretLength = 700,
                },
            ],
            Problems = ["a problem"],
            Doubts = ["a doubt"],
        };

        (int status, JsonElement answer) = await rig.PostAsync("/api/v1/examine", "[a]", "application/octet-stream");

        Assert.Equal((200, "/etc/mandos"), (status, answer.GetProperty("config_directory").GetString()));
        JsonElement client = answer.GetProperty("clients")[0];
        Assert.Equal((3, 700, "ssh"), (client.GetProperty("line").GetInt32(), client.GetProperty("secret_length").GetInt32(), client.GetProperty("checker_plugin").GetString()));
        Assert.Equal("a", client.GetProperty("client").GetProperty("name").GetString());
        Assert.Equal(("a problem", "a doubt"), (answer.GetProperty("problems")[0].GetString(), answer.GetProperty("doubts")[0].GetString()));
        Assert.Equal("[a]", Encoding.UTF8.GetString(rig.Server.Examined!.Value.Span));
        Assert.Equal(415, (await rig.PostAsync("/api/v1/examine", "{}")).Status);
    }

    [Fact]
    public async Task UnknownKeys_AreListedHereAndOnThePageOfTheServer()
    {
        await using Rig rig = await Rig.StartAsync([]);
        rig.Server.UnknownKeys =
            [new UnknownKey { KeyId = "AB", Address = IPAddress.Parse("fe80::1%2"), Count = 3, First = DateTimeOffset.UnixEpoch, Last = DateTimeOffset.UnixEpoch.AddHours(1) }];

        (int status, JsonElement answer) = await rig.GetAsync("/api/v1/unknown-keys");

        Assert.Equal(200, status);
        Assert.Equal(
            """[{"key_id":"AB","address":"fe80::1%2","count":3,"first":"1970-01-01T00:00:00Z","last":"1970-01-01T01:00:00Z"}]""",
            answer.GetProperty("unknown_keys").GetRawText());
        Assert.Contains("1970-01-01 01:00:00", await rig.Http.GetStringAsync(new Uri("/server", UriKind.Relative), Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invitations_AreMadeReadAndEndedByWhoMayReadSecrets()
    {
        await using Rig rig = await Rig.StartAsync([]);
        (int status, JsonElement answer) = await rig.GetAsync("/api/v1/invitations");
        Assert.Equal((409, "invitation"), (status, answer.GetProperty("code").GetString()));
        var invitations = new FakeInvitations();
        rig.Server.Invitations = invitations;

        (status, answer) = await rig.PostAsync("/api/v1/invitations", """{"name":"new","valid":"PT1H"}""");
        Assert.Equal(200, status);
        Assert.Equal("""{"token":"secret","pin":"abcd","end_points":[],"until":"1970-01-01T01:00:00Z"}""", WithoutEndPoints(answer));
        (_, answer) = await rig.GetAsync("/api/v1/invitations");
        Assert.Equal(
            """[{"name":"new","created":"1970-01-01T00:00:00Z","until":"1970-01-01T01:00:00Z","arrived":"1970-01-01T00:00:00Z","address":"::1","key_id":"AB"}]""",
            answer.GetProperty("invitations").GetRawText());
        Assert.Contains("mandos-ctl --accept", await rig.Http.GetStringAsync(new Uri("/server", UriKind.Relative), Cancellation), StringComparison.Ordinal);
        (_, answer) = await rig.GetAsync("/api/v1/invitations/new/section");
        Assert.Equal("[new]", Encoding.ASCII.GetString(answer.GetProperty("section").GetBytesFromBase64()));
        Assert.Equal(200, (await rig.PostAsync("/api/v1/invitations/new/end", """{"accepted":true}""")).Status);
        Assert.Equal(409, (await rig.PostAsync("/api/v1/invitations/new/end", """{"accepted":true}""")).Status);
        Assert.Equal(400, (await rig.PostAsync("/api/v1/invitations/new/end", "{}")).Status);
        Assert.Equal(400, (await rig.PostAsync("/api/v1/invitations", """{"name":"new","valid":"soon"}""")).Status);
        Assert.All(invitations.Sources, static source => Assert.True(source.MayReadSecrets));

        invitations.TrustsNobody = true;
        (status, answer) = await rig.PostAsync("/api/v1/invitations", """{"name":"new","valid":"PT1H"}""");
        Assert.Equal((403, "only root"), (status, answer.GetProperty("error").GetString()));
        Assert.Equal(403, (await rig.GetAsync("/api/v1/invitations/new/section")).Status);
    }

    private static string WithoutEndPoints(JsonElement answer)
    {
        var json = JsonNode.Parse(answer.GetRawText())!;
        json["end_points"] = new JsonArray();
        return json.ToJsonString();
    }

    [Fact]
    public async Task Description_OfTheApi_HasExactlyItsRoutes()
    {
        await using Rig rig = await Rig.StartAsync([]);
        (_, JsonElement document) = await rig.GetAsync("/api/v1/openapi.json");
        var tokens = new TokenRoutes(new TokenStore(new TokenFile(rig.StateDirectory), TimeProvider.System), rig.Context);

        Assert.Equal(
            ((IEnumerable<Route>)[.. new ApiRoutes(rig.Server, new ClientLists(rig.Server), new ServerWatch(rig.Server, TimeProvider.System), TimeProvider.System).All, .. tokens.All])
                .Select(route => $"{route.Method} {route.Template} {route.Scope}".ToLowerInvariant()).Order(StringComparer.Ordinal),
            document.GetProperty("paths").EnumerateObject()
                .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name} {path.Name} {method.Value.GetProperty("x-scope").GetString()}".ToLowerInvariant()))
                .Order(StringComparer.Ordinal));
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(
            ClientSetting.All.Select(setting => setting.OptionName), schemas.GetProperty("Settings").GetProperty("properties").EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Client_AsTheDescriptionHasIt_IsAsItComes()
    {
        SecretRequest request = new(7, new(IPAddress.Loopback, 4000), "AB", DateTimeOffset.UnixEpoch);
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [request] }]);
        (_, JsonElement document) = await rig.GetAsync("/api/v1/openapi.json");
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");

        (_, JsonElement client) = await rig.GetAsync("/api/v1/clients/one");

        Assert.Equal(PropertiesOf("Client"), client.EnumerateObject().Select(property => property.Name));
        Assert.Equal(PropertiesOf("Request"), client.GetProperty("requests")[0].EnumerateObject().Select(property => property.Name));

        IEnumerable<string> PropertiesOf(string schema) => schemas.GetProperty(schema).GetProperty("properties").EnumerateObject().Select(property => property.Name);
    }

    private static ClientSnapshot Named(string name) => new()
    {
        Name = name, Settings = new ClientSettings { KeyId = new string('A', 64) }, Created = DateTimeOffset.UnixEpoch, Enabled = true,
    };

    private static IEnumerable<string> Names(JsonElement json) => json.GetProperty("clients").EnumerateArray().Select(client => client.GetProperty("name").GetString()!);
}
