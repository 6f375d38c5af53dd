using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>ChangeClients changes many clients by one call.</summary>
public sealed class ManyClientsTests
{
    public static TheoryData<string, VariantValue> Changes => new()
    {
        { "Timeout", VariantValue.UInt64(7) },
        { "Enabled", VariantValue.Bool(false) },
        { "LastCheckedOK", VariantValue.String("") },
        { "Location", VariantValue.String("attic") },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task ChangeClients_Property_HasTheSignalsOfSetForEachBeforeTheAnswer(string property, VariantValue value)
    {
        bool isExtension = ClientSetting.All.Any(setting => setting.Name == property && setting.IsExtension);
        await using var single = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));
        await using var many = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));

        foreach (string path in (string[])["/clients/foo", "/clients/bar"])
        {
            await single.Caller.SetAsync(path, property, value, isExtension ? Caller.ClientExtension : Caller.Client);
        }

        string answer = await ChangeAsync(many, property, value, "/clients/foo", "/clients/bar");

        Assert.Equal("[]", answer);
        string[] heard = [.. many.Caller.TakeHeard()];
        Assert.Equal("reply to ChangeClients", heard[^1]);
        Assert.Equal(WithoutTimes(single.Caller.TakeHeard().Where(static text => text != "reply to Set")), WithoutTimes(heard[..^1]));
    }

    [Fact]
    public async Task ChangeClients_SomeAreNotThere_NamesThemAndChangesTheOthers()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));

        string answer = await ChangeAsync(rig, "Timeout", VariantValue.UInt64(7), "/clients/foo", "/clients/nosuch", "/clients/bar");

        Assert.Contains("/clients/nosuch", answer, StringComparison.Ordinal);
        Assert.Contains("Error.UnknownObject", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("/clients/foo", answer, StringComparison.Ordinal);
        Assert.Equal("7", await rig.Caller.GetAsync("/clients/foo", "Timeout"));
        Assert.Equal("7", await rig.Caller.GetAsync("/clients/bar", "Timeout"));
    }

    [Fact]
    public async Task ChangeClients_RemoveAndApprove_DoWhatTheMethodsDo()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"), Rig.Client("baz"));

        await ChangeAsync(rig, "Approve", VariantValue.Bool(false), "/clients/foo", "/clients/bar");
        await ChangeAsync(rig, "RemoveClient", VariantValue.Bool(true), "/clients/foo", "/clients/bar");

        Assert.Equal([("foo", false), ("bar", false)], rig.Server.Approvals);
        Assert.Equal("baz", Assert.Single(await rig.Server.GetClientsAsync(TestContext.Current.CancellationToken)).Name);
    }

    [Theory]
    [InlineData("Secret")]
    [InlineData("Name")]
    [InlineData("Nosuch")]
    public async Task ChangeClients_WhatCannotBeSet_IsRefused(string property)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        (string name, string message) = await Caller.ErrorAsync(ChangeAsync(rig, property, VariantValue.String("x"), "/clients/foo"));

        Assert.Equal("InvalidArgs", name);
        Assert.Contains(property, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangeClients_BadValueOrTooMany_ChangesNothing()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        string[] many = [.. Enumerable.Repeat("/clients/foo", ClientLimits.ClientsOfCommand + 1)];

        Assert.Equal("InvalidArgs", (await Caller.ErrorAsync(ChangeAsync(rig, "Interval", VariantValue.UInt64(0), "/clients/foo"))).Name);
        Assert.Equal("InvalidArgs", (await Caller.ErrorAsync(ChangeAsync(rig, "Timeout", VariantValue.UInt64(7), many))).Name);

        Assert.Equal("2000", await rig.Caller.GetAsync("/clients/foo", "Timeout"));
    }

    private static Task<string> ChangeAsync(Rig rig, string property, VariantValue value, params string[] paths)
        => rig.Caller.ChangeClientsAsync(paths, property, value);

    private static IEnumerable<string> WithoutTimes(IEnumerable<string> texts)
        => texts.Select(static text => System.Text.RegularExpressions.Regex.Replace(text, @"\d{4}-\d\d-\d\dT[\d:.]+", "TIME"));
}
