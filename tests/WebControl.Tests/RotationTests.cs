using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Samples;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>Changes of clients' keys, for programs and for people.</summary>
public sealed class RotationTests
{
    private static readonly DateTimeOffset _time = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private static ClientSnapshot Named(string name, KeyRotation? rotation = null) => SampleClients.Snapshot(1) with { Name = name, Rotation = rotation };

    private static string? Text(JsonElement json, string name) => json.GetProperty("rotation").GetProperty(name).GetString();

    [Fact]
    public async Task Promote_ByApi_IsDoneAndShown()
    {
        await using Rig rig = await Rig.StartAsync([Named("one", new KeyRotation { NextKeyId = "NEXT", TriedAt = _time }), Named("two")]);
        JsonElement before = (await rig.GetAsync("/api/v1/clients/one")).Json;
        Assert.Equal(("NEXT", "2026-12-01"), (Text(before, "next_key_id"), Text(before, "tried_at")![..10]));

        Assert.Equal(200, (await rig.PostAsync("/api/v1/clients/one/promote", "{}")).Status);

        JsonElement after = (await rig.GetAsync("/api/v1/clients/one")).Json;
        Assert.Equal(("NEXT", null, before.GetProperty("key_id").GetString()), (after.GetProperty("key_id").GetString(), Text(after, "next_key_id"), Text(after, "retired_key_id")));
        Assert.True(after.GetProperty("rotation").GetProperty("is_file_behind").GetBoolean());
        Assert.Equal(JsonValueKind.Null, (await rig.GetAsync("/api/v1/clients/two")).Json.GetProperty("rotation").ValueKind);
    }

    [Fact]
    public async Task Promote_WithoutANextKey_SaysSo()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);

        (int status, JsonElement json) = await rig.PostAsync("/api/v1/clients/one/promote", "{}");
        (_, JsonElement many) = await rig.PostAsync("/api/v1/commands", """{"clients":[{"name":"one"}],"action":"promote"}""");

        Assert.Equal((409, "no_next_key"), (status, json.GetProperty("code").GetString()));
        Assert.Equal("no_next_key", Assert.Single(many.GetProperty("problems").EnumerateArray()).GetProperty("code").GetString());
    }
}
