using System.Net;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Samples;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>Reboots and rehearsals that are expected, for programs and for people.</summary>
public sealed class RebootTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static ClientSnapshot Named(string name) => SampleClients.Snapshot(1) with { Name = name };

    [Fact]
    public async Task ExpectReboot_ByApi_IsExpectedShownAndTakenBack()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        Assert.Equal(200, (await rig.PostAsync("/api/v1/clients/one/expect-reboot", """{"time":"PT30M","reason":"kernel","needs_no_approval":true}""")).Status);
        ExpectedReboot reboot = (await rig.Server.GetClientAsync("one", Cancellation))!.ExpectedReboot!;
        Assert.Equal(("kernel", true), (reboot.Reason, reboot.NeedsNoApproval));
        JsonElement shown = (await rig.GetAsync("/api/v1/clients/one")).Json.GetProperty("expected_reboot");
        Assert.Equal(
            (reboot.Until, "kernel", true),
            (shown.GetProperty("until").GetDateTimeOffset(), shown.GetProperty("reason").GetString(), shown.GetProperty("needs_no_approval").GetBoolean()));

        Assert.Equal(200, (await rig.PostAsync("/api/v1/clients/one/expect-reboot", """{"time":"PT0S"}""")).Status);
        Assert.Equal(JsonValueKind.Null, (await rig.GetAsync("/api/v1/clients/one")).Json.GetProperty("expected_reboot").ValueKind);
    }

    [Fact]
    public async Task ExpectReboot_ManyByApi_NamesTheDisabledOne()
    {
        await using Rig rig = await Rig.StartAsync([Named("one"), Named("off") with { Enabled = false, Expires = null }]);

        (int status, JsonElement json) = await rig.PostAsync(
            "/api/v1/commands", """{"clients":[{"name":"one"},{"name":"off"}],"action":"expect-reboot","expect_reboot":{"time":"PT30M"}}""");

        JsonElement problem = Assert.Single(json.GetProperty("problems").EnumerateArray());
        Assert.Equal((200, "off", "client_disabled"), (status, problem.GetProperty("client").GetString(), problem.GetProperty("code").GetString()));
        Assert.NotNull((await rig.Server.GetClientAsync("one", Cancellation))!.ExpectedReboot);
    }

    [Theory]
    [InlineData("expect-reboot", """{"time":"P8D"}""", "a reboot can be expected for at most 7 days")]
    [InlineData("expect-reboot", """{"time":30}""", "time has to be a duration")]
    [InlineData("expect-reboot", """{}""", "time has to be a duration")]
    [InlineData("expect-reboot", """{"time":"PT1H","reason":1}""", "reason has to be a text")]
    [InlineData("expect-reboot", """{"time":"PT1H","reason":"a\nb"}""", "no control characters")]
    [InlineData("expect-reboot", """{"time":"PT1H","needs_no_approval":"yes"}""", "needs_no_approval has to be true or false")]
    [InlineData("expect-reboot", """{"time":"PT1H","approve":true}""", "there is no approve; there may be time, reason, needs_no_approval")]
    [InlineData("rehearse", """{"valid":"soon"}""", "valid has to be a duration")]
    public async Task Command_Bad_ChangesNothing(string command, string body, string message)
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, JsonElement json) = await rig.PostAsync($"/api/v1/clients/one/{command}", body);

        Assert.Equal((400, "bad_value"), (status, json.GetProperty("code").GetString()));
        Assert.Contains(message, json.GetProperty("error").GetString(), StringComparison.Ordinal);
        ClientSnapshot client = (await rig.Server.GetClientAsync("one", Cancellation))!;
        Assert.Equal((null, null), (client.ExpectedReboot, client.RehearsalUntil));
    }

    [Fact]
    public async Task Page_Form_ExpectsARebootWhichThePageShows()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        using var form = new FormUrlEncodedContent([new("time", "PT2H"), new("reason", "<kernel>"), new("no_approval", "yes")]);

        using HttpResponseMessage response = await rig.Http.PostAsync(new Uri("/clients/one/expect-reboot", UriKind.Relative), form, Cancellation);

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        string html = await rig.Http.GetStringAsync(new Uri("/clients/one", UriKind.Relative), Cancellation);
        Assert.Contains(", without approval: &lt;kernel&gt;</dd>", html, StringComparison.Ordinal);
        Assert.Contains("none with its present key, secret and host", html, StringComparison.Ordinal);

        foreach (string button in (string[])["no-reboot", "rehearse"])
        {
            using HttpResponseMessage pressed = await rig.Http.PostAsync(new Uri($"/clients/one/{button}", UriKind.Relative), null, Cancellation);
            Assert.Equal(HttpStatusCode.SeeOther, pressed.StatusCode);
        }

        ClientSnapshot client = (await rig.Server.GetClientAsync("one", Cancellation))!;
        Assert.Null(client.ExpectedReboot);
        Assert.NotNull(client.RehearsalUntil);
    }
}
