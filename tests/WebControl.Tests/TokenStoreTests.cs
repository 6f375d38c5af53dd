using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.WebControl.Access;
using Mandos.WebControl.Serving;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>A token that was revoked stays so, also when that could not be saved at once.</summary>
public sealed class TokenStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Revocation_NotSaved_CanBeTriedAgain()
    {
        TokenStore store = new(new TokenFile(_directory.FullName), TimeProvider.System);
        string text = store.Make("phone", Scope.Admin);
        BreakDisk(_directory.FullName);

        Assert.Throws<IOException>(() => store.Revoke("phone"));
        Assert.Throws<IOException>(() => store.Revoke("phone"));
        Assert.Null(store.Find(text));
        Assert.Throws<WebProblem>(() => store.Revoke("another"));
        Assert.Single(new TokenFile(_directory.FullName).Read());

        MendDisk(_directory.FullName);
        store.Revoke("phone");
        Assert.Empty(new TokenFile(_directory.FullName).Read());
        Assert.Throws<WebProblem>(() => store.Revoke("phone"));
    }

    [Fact]
    public async Task Revocation_NotSaved_HoldsWhenTheSurfaceRunsAgain()
    {
        await using Rig rig = await Rig.StartAsync(Array.Empty<ClientSnapshot>());
        Assert.Equal(200, (await rig.PostAsync("/api/v1/tokens", """{"name":"phone","scope":"admin"}""")).Status);
        BreakDisk(rig.StateDirectory);
        (int status, JsonElement json) = await rig.PostAsync("/api/v1/tokens/phone/revoke");
        Assert.Equal((200, false), (status, json.GetProperty("durable").GetBoolean()));

        await rig.RunAgainAsync();

        Assert.Empty((await rig.GetAsync("/api/v1/tokens")).Json.GetProperty("tokens").EnumerateArray());
    }

    private static void BreakDisk(string stateDirectory) => Directory.CreateDirectory(Path.Combine(stateDirectory, "web-tokens.json.new"));

    private static void MendDisk(string stateDirectory) => Directory.Delete(Path.Combine(stateDirectory, "web-tokens.json.new"));
}
