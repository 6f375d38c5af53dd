using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;
using Mandos.DBusControl.Clients;
using Moq;

namespace DBusControl.Tests;

public sealed class WritingTests
{
    public static TheoryData<string, string, VariantValue, string> Accepted => new()
    {
        { "Timeout", "byte", VariantValue.Byte(7), "7" },
        { "Timeout", "int32, as mandos-ctl sends it", VariantValue.Int32(7), "7" },
        { "Timeout", "uint64", VariantValue.UInt64(7), "7" },
        { "Timeout", "the longest", VariantValue.Int64(long.MaxValue / 10_000), "922337203685477" },
        { "Timeout", "zero", VariantValue.UInt32(0), "0" },
        { "Timeout", "double", VariantValue.Double(2.7), "2" },
        { "Timeout", "nested", VariantValue.Variant(VariantValue.Int16(7)), "7" },
        { "ExtendedTimeout", "", VariantValue.UInt64(8), "8" },
        { "Interval", "", VariantValue.UInt64(9), "9" },
        { "ApprovalDelay", "", VariantValue.UInt64(10), "10" },
        { "ApprovalDuration", "", VariantValue.UInt64(11), "11" },
        { "ApprovedByDefault", "bool", VariantValue.Bool(false), "false" },
        { "ApprovedByDefault", "zero", VariantValue.Int32(0), "false" },
        { "ApprovedByDefault", "zero as double", VariantValue.Double(0), "false" },
        { "ApprovedByDefault", "empty", VariantValue.String(""), "false" },
        { "ApprovedByDefault", "text", VariantValue.String("x"), "true" },
        { "ApprovedByDefault", "number", VariantValue.Byte(2), "true" },
        { "Host", "text", VariantValue.String("h ☃"), "\"h ☃\"" },
        { "Host", "path", VariantValue.ObjectPath("/x"), "\"/x\"" },
        { "Host", "number", VariantValue.Int32(-7), "\"-7\"" },
        { "Host", "double", VariantValue.Double(2), "\"2.0\"" },
        { "Host", "bool", VariantValue.Bool(true), "\"1\"" },
        { "Checker", "empty", VariantValue.String(""), "\"\"" },
        { "Enabled", "", VariantValue.Bool(false), "false" },
        { "CheckerRunning", "", VariantValue.Bool(true), "true" },
    };

    public static TheoryData<string, string, VariantValue> Refused => new()
    {
        { "Timeout", "text", VariantValue.String("7") },
        { "Timeout", "bool", VariantValue.Bool(true) },
        { "Timeout", "negative", VariantValue.Int32(-1) },
        { "Timeout", "too long", VariantValue.Int64((long.MaxValue / 10_000) + 1) },
        { "Timeout", "far too long", VariantValue.UInt64(ulong.MaxValue) },
        { "Timeout", "not a number", VariantValue.Double(double.NaN) },
        { "Timeout", "infinite", VariantValue.Double(double.PositiveInfinity) },
        { "Timeout", "array", VariantValue.Array(new[] { "7" }) },
        { "Timeout", "structure", VariantValue.Struct(VariantValue.Int32(7)) },
        { "Interval", "zero", VariantValue.UInt64(0) },
        { "ApprovedByDefault", "array", VariantValue.Array(Array.Empty<string>()) },
        { "Host", "array", VariantValue.Array(new[] { "h" }) },
        { "Host", "long", VariantValue.String(new string('h', (1 << 17) + 1)) },
        { "Secret", "text", VariantValue.String("s") },
        { "Secret", "array of others", VariantValue.Array(new[] { "s" }) },
        { "Secret", "long", VariantValue.Array(new byte[(1 << 20) + 1]) },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Set_GoodValue_IsTaken(string property, string kind, VariantValue value, string expected)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        await rig.Caller.SetAsync(Rig.Foo, property, value);

        Assert.True(expected == await rig.Caller.GetAsync(Rig.Foo, property, Caller.OldClient), kind);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Set_BadValue_IsRefusedAndChangesNothing(string property, string kind, VariantValue value)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        var before = await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken);

        var (name, message) = await Caller.ErrorAsync(rig.Caller.SetAsync(Rig.Foo, property, value));

        Assert.True(name == "InvalidArgs", $"{kind}: {name}");
        Assert.NotEmpty(message);
        Assert.Equal(before, await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken));
        Assert.Null(rig.Server.Secret("foo"));
        Assert.Empty(await rig.HearAsync());
    }

    [Fact]
    public async Task Set_OutOfRange_SaysTheRange()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var (_, message) = await Caller.ErrorAsync(rig.Caller.SetAsync(Rig.Foo, "Timeout", VariantValue.Int32(-1)));

        Assert.Equal("Timeout is in milliseconds, from 0 to 922337203685477; -1 is not", message);
    }

    [Fact]
    public async Task Set_Secret_IsGivenToTheServerAndCannotBeRead()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        await rig.Caller.SetAsync(Rig.Foo, "Secret", VariantValue.Variant(VariantValue.Array(new byte[] { 1, 0, 255 })));

        Assert.Equal(new byte[] { 1, 0, 255 }, rig.Server.Secret("foo")!.Value.ToArray());
        Assert.Equal("AccessDenied", (await Caller.ErrorAsync(rig.Caller.GetAsync(Rig.Foo, "Secret"))).Name);
    }

    [Fact]
    public async Task Set_LastCheckedOk_MarksWhateverTheValue()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        var before = await rig.Caller.GetAsync(Rig.Foo, "LastCheckedOK");

        await rig.Caller.SetAsync(Rig.Foo, "LastCheckedOK", VariantValue.String("ignored"));

        Assert.NotEqual(before, await rig.Caller.GetAsync(Rig.Foo, "LastCheckedOK"));
        Assert.Equal("0", await rig.Caller.GetAsync(Rig.Foo, "LastCheckerStatus"));
    }

    [Theory]
    [InlineData("Name")]
    [InlineData("Expires")]
    [InlineData("ApprovalPending")]
    [InlineData("ObjectPath")]
    public async Task Set_ReadOnly_IsRefused(string property)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal(
            "PropertyReadOnly", (await Caller.ErrorAsync(rig.Caller.SetAsync(Rig.Foo, property, VariantValue.String("x")))).Name);
    }

    [Theory]
    [InlineData("Enable")]
    [InlineData("Disable")]
    [InlineData("StartChecker")]
    [InlineData("StopChecker")]
    [InlineData("CheckedOK")]
    public async Task Method_EitherInterface_IsCarriedOut(string method)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo") with { Enabled = method != "Enable" });

        Assert.Equal("", await rig.Caller.CallAsync(Rig.Foo, Caller.Client, method, Array.Empty<string>()));
        Assert.Equal("", await rig.Caller.CallAsync(Rig.Foo, Caller.OldClient, method, Array.Empty<string>()));

        var client = (await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken))!;
        Assert.True(
            method switch
            {
                "Enable" => client.Enabled,
                "Disable" => !client.Enabled,
                "StartChecker" => client.CheckerRunning,
                "StopChecker" => !client.CheckerRunning,
                _ => client.LastCheckerStatus == 0,
            },
            client.ToString());
    }

    [Fact]
    public async Task Approve_BooleanOrVariant_IsCarriedOut()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        await rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Approve", VariantValue.Bool(true));
        await rig.Caller.CallAsync(Rig.Foo, Caller.OldClient, "Approve", VariantValue.Variant(VariantValue.Bool(false)));

        Assert.Equal([("foo", true), ("foo", false)], rig.Server.Approvals);
    }

    [Fact]
    public async Task Approve_VariantOfText_IsRefused()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var error = await Caller.ErrorAsync(rig.Caller.CallAsync(
            Rig.Foo, Caller.Client, "Approve", VariantValue.Variant(VariantValue.String("no"))));

        Assert.Equal("InvalidArgs", error.Name);
        Assert.Empty(rig.Server.Approvals);
    }

    [Fact]
    public async Task RemoveClient_Known_RemovesIt()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));

        await rig.Caller.CallAsync("/", Caller.Server, "RemoveClient", VariantValue.ObjectPath("/clients/bar"));

        Assert.Null(await rig.Server.GetClientAsync("bar", TestContext.Current.CancellationToken));
        Assert.Equal("[/clients/foo]", await rig.Caller.CallAsync("/", Caller.Server, "GetAllClients", Array.Empty<string>()));
    }

    [Fact]
    public async Task KeptClients_ListedAndForgotten_AreTold()
    {
        await using var rig = await Rig.StartAsync();
        rig.Server.Keep(new KeptClient { Name = "räumt\0", Fingerprint = "F1", State = KeptState.Removed });
        rig.Server.Keep(new KeptClient
        {
            Name = "gone", KeyId = "A1", State = KeptState.Disabled, LeftAt = new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero),
        });

        rig.Server.Keep(new KeptClient { Name = "added", KeyId = "B1", State = KeptState.Enabled, Origin = ClientOrigin.Command });

        var kept = await rig.Caller.CallAsync("/", Caller.Extension, "GetKeptClients", Array.Empty<string>());
        Assert.Equal(
            """[("added", "B1", "", "unreadable", ""), ("gone", "A1", "", "disabled", "2026-02-03T04:05:06"), ("räumt?", "", "F1", "removed", "")]""", kept);

        await rig.Caller.CallAsync("/", Caller.Extension, "ForgetClient", "added");
        await rig.Caller.CallAsync("/", Caller.Extension, "ForgetClient", "gone");
        Assert.Equal("räumt\0", Assert.Single(await rig.Server.GetKeptClientsAsync(TestContext.Current.CancellationToken)).Name);
        var (name, message) = await Caller.ErrorAsync(rig.Caller.CallAsync("/", Caller.Extension, "ForgetClient", "gone"));
        Assert.Equal(("UnknownObject", "nothing is kept under the name “gone”"), (name, message));
    }

    // All together they could be more than may wait to be sent.
    [Fact]
    public async Task GetKeptClients_ManyAtOnce_AreAnsweredOneAfterAnother()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        var asked = 0;
        var answer = new TaskCompletionSource<IReadOnlyList<KeptClient>>();
        var server = new Mock<IMandosServer>();
        server.SetupGet(s => s.Info).Returns(rig.Server.Info);
        server.Setup(s => s.SubscribeAsync(It.IsAny<CancellationToken>()))
            .Returns(() => rig.Server.SubscribeAsync(TestContext.Current.CancellationToken));
        server.Setup(s => s.GetKeptClientsAsync(It.IsAny<CancellationToken>())).Returns(() =>
        {
            Interlocked.Increment(ref asked);
            return new ValueTask<IReadOnlyList<KeptClient>>(answer.Task);
        });
        await rig.StartAllAsync(server.Object);
        Caller[] callers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Caller.ConnectAsync(rig.Bus.Address)));
        try
        {
            Task<string>[] calls =
                [.. callers.Select(caller => caller.CallAsync("/", Caller.Extension, "GetKeptClients", Array.Empty<string>()))];
            // Answered at once, and after the call before has come.
            await Task.WhenAll(callers.Select(
                caller => caller.CallAsync("/", "org.freedesktop.DBus.Peer", "Ping", Array.Empty<string>())));

            Assert.Equal(1, asked);
            Assert.Equal("\"foo\"", await rig.Caller.GetAsync(Rig.Foo, "Name"));
            answer.SetResult([new KeptClient { Name = "gone", State = KeptState.Disabled }]);
            Assert.All(await Task.WhenAll(calls), text => Assert.Equal("""[("gone", "", "", "disabled", "")]""", text));
        }
        finally
        {
            foreach (var caller in callers)
            {
                await caller.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task GetKeptClients_TooManyForAMessage_IsRefused()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        for (int i = 0; i < 100_000; i++)
        {
            rig.Server.Keep(new KeptClient { Name = $"{i:d6}{new string('x', 150)}", State = KeptState.Disabled });
        }

        for (int i = 0; i < 2; i++) // nor does a refusal keep others from their answers
        {
            var (name, message) = await Caller.ErrorAsync(rig.Caller.CallAsync("/", Caller.Extension, "GetKeptClients", Array.Empty<string>()));
            Assert.Equal("LimitsExceeded", name);
            Assert.Contains("for 100000 that are kept", message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, string, string, VariantValue[]> Commands
    {
        get
        {
            var data = ClientCommands;
            data.Add("/", Caller.Extension, "DecideRequest", [VariantValue.UInt64(1), VariantValue.Bool(true)]);
            data.Add("/", Caller.Extension, "ForgetClient", [VariantValue.String("gone")]);
            data.Add("/", Caller.Extension, "Reload", []);
            return data;
        }
    }

    /// <summary>Those about one client, by its path.</summary>
    public static TheoryData<string, string, string, VariantValue[]> ClientCommands
    {
        get
        {
            var client = VariantValue.ObjectPath(Rig.Foo);
            var data = new TheoryData<string, string, string, VariantValue[]>
            {
                { "/", Caller.Server, "RemoveClient", [client] },
                { Rig.Foo, Caller.Client, "Approve", [VariantValue.Bool(false)] },
            };
            foreach (var method in new[] { "CheckedOK", "Enable", "Disable", "StartChecker", "StopChecker" })
            {
                data.Add(Rig.Foo, Caller.Client, method, []);
            }

            foreach (var property in ClientProperties.All.Where(property => property.Set is not null))
            {
                VariantValue value = property.Signature switch
                {
                    "t" => VariantValue.UInt64(60_000),
                    "b" => VariantValue.Bool(true),
                    "ay" => VariantValue.Array(new byte[] { 1 }),
                    _ => VariantValue.String("x"),
                };
                data.Add(
                    Rig.Foo, Caller.Properties, "Set",
                    [VariantValue.String(Caller.Client), VariantValue.String(property.Name), VariantValue.Variant(value)]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Commands), DisableDiscoveryEnumeration = true)]
    public async Task Command_ItsChangeIsNotSaved_EndsInAnError(string path, string face, string member, VariantValue[] arguments)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo") with { Requests = [Rig.Request(1, "::1")] });
        rig.Server.Keep(new KeptClient { Name = "gone", State = KeptState.Disabled });
        rig.Server.SaveProblem = "the disk is full";

        var (name, message) = await Caller.ErrorAsync(rig.Caller.CallAsync(path, face, member, arguments));

        Assert.Equal($"{Caller.Extension}.Error.NotSaved", name);
        Assert.Contains("the disk is full", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ClientCommands), DisableDiscoveryEnumeration = true)]
    public async Task Command_AnotherClientHasTheNameBeforeTheBusHears_DoesNotMeetIt(string path, string face, string member, VariantValue[] arguments)
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        await rig.StartAllAsync(UnheardServer.Of(rig.Server));
        await rig.Server.RemoveAsync("foo", Rig.Person, TestContext.Current.CancellationToken);
        rig.Server.Add(Rig.Client("foo"));
        var other = await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken);

        var (name, message) = await Caller.ErrorAsync(rig.Caller.CallAsync(path, face, member, arguments));

        Assert.Equal("UnknownObject", name);
        Assert.Equal("the client that was meant by /clients/foo is gone; if there is one now, it is another", message);
        Assert.Equal(other, await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken));
        Assert.Empty(rig.Server.Approvals);
        Assert.Null(rig.Server.Secret("foo"));
    }

    [Fact]
    public async Task Command_OfACaller_SaysWhoItIs()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        await using var other = await Caller.ConnectAsync(rig.Bus.Address);

        await rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Disable", Array.Empty<string>());
        await other.CallAsync("/", Caller.Extension, "Reload", Array.Empty<string>());
        await rig.Caller.SetAsync(Rig.Foo, "Host", VariantValue.String("new"));

        string user = "uid " + File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
        Assert.All(rig.Server.Sources, source => Assert.Equal(("dbus", user), (source.Surface, source.User)));
        string?[] addresses = [.. rig.Server.Sources.Select(source => source.Address)];
        Assert.All(addresses, address => Assert.StartsWith(":", address, StringComparison.Ordinal));
        Assert.Equal(addresses[0], addresses[2]);
        Assert.NotEqual(addresses[0], addresses[1]);
    }

    [Fact]
    public async Task Command_BusDoesNotSayWhoseTheCallerIs_IsCarriedOutWithItsNameAlone()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"), rules: DBusDaemon.OpenRules + """
            <policy context="mandatory">
              <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus" send_member="GetConnectionUnixUser"/>
            </policy>
            """);
        await rig.StartAllAsync(rig.Server);

        await rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Disable", Array.Empty<string>());

        CommandSource source = Assert.Single(rig.Server.Sources);
        Assert.Equal(("dbus", null), (source.Surface, source.User));
        Assert.StartsWith(":", source.Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_Always_IsCarriedOut()
    {
        await using var rig = await Rig.StartAsync();

        await rig.Caller.CallAsync("/", Caller.Extension, "Reload", Array.Empty<string>());

        Assert.Equal(1, rig.Server.Reloads);
    }
}
