using System.Net;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Notify.Messages;
using Microsoft.Extensions.Time.Testing;
using Notify.Tests.Support;

namespace Notify.Tests;

/// <summary>What events mean, in words.</summary>
public sealed class NoticeTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 30, 1, 2, 3, TimeSpan.Zero));
    private readonly NoticeMaker _maker;
    private readonly ClientSnapshot _client = Rig.Client with
    {
        LastCheckedOk = new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero),
        Settings = Rig.Client.Settings with
        {
            Location = "", Checker = "check --password hunter2", Options = new Dictionary<string, string> { ["password"] = "hunter2" },
        },
    };

    public NoticeTests() => _maker = new NoticeMaker("srv", null, new RequestLinks(), _time);

    [Fact]
    public void Of_EachEvent_SaysWhatItMeansAndNoSecret()
    {
        ClientSnapshot off = _client with { Enabled = false };
        ServerEvent[] events =
        [
            new NeedApproval(_client, Rig.Request(), TimeSpan.FromSeconds(90), ApprovedByDefault: true),
            new ConflictingRequests(_client, [IPAddress.Parse("192.0.2.7"), IPAddress.IPv6Loopback]),
            new AnomalyNoticed(_client, Rig.Request(), AnomalyKind.MachineRuns, "its own system runs"),
            new GotSecret(_client, Rig.Request()),
            new Rejected(off, Rig.Request(), RejectionReason.Disabled),
            new Rejected(_client, Rig.Request(), RejectionReason.Denied),
            new Rejected(_client, Rig.Request(), RejectionReason.ApprovalTimedOut),
            new Rehearsed(_client, Rig.Request(), null),
            new Rehearsed(_client, Rig.Request(), "denied"),
            new RebootExpectationEnded(_client, new ExpectedReboot(_time.GetUtcNow()) { Reason = "a new kernel" }, RebootEnding.TimeOver),
            new BootUnproven(_client),
            new KeyPromoted(_client with { Settings = _client.Settings with { KeyId = "NEW" } }, "OLD", IsTried: true),
            new KeyPromoted(_client, "OLD", IsTried: false),
            new RebootExpected(_client with { ExpectedReboot = new ExpectedReboot(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)) }),
            new ClientPropertyChanged(off, ClientProperty.Enabled),
            new ClientPropertyChanged(off with { LastCheckedOk = null }, ClientProperty.Enabled),
            new ClientPropertyChanged(_client, ClientProperty.Enabled),
            new ClientPropertyChanged(_client, ClientSetting.Checker),
            new ClientPropertyChanged(_client, ClientProperty.Secret),
            new ClientAdded(_client),
            new ClientRemoved(_client, RemovalReason.LeftFiles),
            new ClientNotFound("ABCD", IPAddress.Loopback),
            new InvitationArrived(new Invitation { Name = "rose", Created = default, Until = default, Address = IPAddress.Loopback, KeyId = "EF" }),
        ];

        Notice[] notices = [.. events.Select(serverEvent => _maker.Of(serverEvent)!)];

        Assert.Equal(
            [
                "need_approval: orchid waits for approval: The machine at 192.0.2.7 asks for the secret of orchid. It waits 1 min 30 s; if nobody decides, it gets the secret.",
                "conflicting_requests: orchid: requests from different addresses: Machines with the key of orchid wait at 192.0.2.7, ::1. Perhaps somebody has "
                    + "copied its key. Approve one of them by its number, or deny all.",
                "anomaly: orchid: perhaps its key was copied: The machine at 192.0.2.7 asked for the secret of orchid, and another one may have its key: "
                    + "its own system runs. The request goes on nevertheless.",
                "got_secret: orchid got its secret: The machine at 192.0.2.7 got the secret of orchid.",
                "rejected: orchid was refused: The machine at 192.0.2.7 asked for the secret of orchid and did not get it: the client is disabled.",
                "rejected: orchid was refused: The machine at 192.0.2.7 asked for the secret of orchid and did not get it: a person denied it.",
                "rejected: orchid was refused: The machine at 192.0.2.7 asked for the secret of orchid and did not get it: nobody approved it in time.",
                "rehearsed: rehearsal: orchid got its secret: The machine at 192.0.2.7 rehearsed the boot of orchid. It got the secret, as it will at its next boot.",
                "rehearsed: rehearsal: orchid did not get its secret: The machine at 192.0.2.7 rehearsed the boot of orchid. It did not get the secret: denied.",
                "reboot_overdue: orchid: its reboot is overdue: orchid was to reboot, and did not ask for its secret in time. Reason: a new kernel.",
                "boot_unproven: orchid: its boot is to be rehearsed: orchid has another key, secret or host than at its last boot. mandos-ctl --rehearse orchid shows whether it can boot.",
                "key_promoted: orchid has its new key: The next key of orchid has taken the place of its present one, as a check succeeded after a boot with it. The key OLD gets nothing any more.",
                "key_promoted: orchid has its new key: The next key of orchid has taken the place of its present one, as a person said so. The key OLD gets nothing any more.",
                "reboot_expected: orchid is to reboot: A reboot of orchid is expected until 2026-12-01 00:00:00 UTC.",
                "disabled: orchid is disabled: orchid gets no secret until somebody enables it. It was last seen alive at 2026-11-30 00:00:00 UTC.",
                "disabled: orchid is disabled: orchid gets no secret until somebody enables it. No check has found it alive so far.",
                "enabled: orchid is enabled: orchid can get its secret.",
                "client_changed: orchid was changed: The checker of orchid has a new value.",
                "client_changed: orchid was changed: The secret of orchid has a new value.",
                "client_added: orchid was added: The server has the client orchid now.",
                "client_removed: orchid is gone: The server no longer has the client orchid: the files do not have it any more.",
                "client_not_found: An unknown key asked: The machine at 127.0.0.1 has the key ABCD, which belongs to no client. It got nothing.",
                "invitation_arrived: rose wants to become a client: The machine at 127.0.0.1 has taken up the invitation of rose, with the key EF. It gets nothing until "
                    + "root accepts it on the server: mandos-ctl --accept rose.",
            ],
            notices.Select(notice => $"{notice.Message.Type}: {notice.Message.Title}: {notice.Message.Text}".Replace("\nServer: srv", "", StringComparison.Ordinal)));
        Assert.Equal(events.Select(NoticeMaker.KindOf), notices.Select(notice => (EventKind?)notice.Kind));
        Assert.Equal(notices.Select(notice => notice.Message.Type), notices.Select(notice => EventWords.Of(notice.Kind)));
        Assert.All(notices, notice =>
        {
            Assert.DoesNotContain("hunter2", notice.Message.ToJson().ToJsonString(), StringComparison.Ordinal);
            Assert.Equal("2026-11-30T01:02:03.000Z", (string)notice.Message.ToJson()["timestamp"]!);
            Assert.Equal("srv", (string)notice.Message.ToJson()["data"]!["server"]!);
        });
    }

    [Fact]
    public void Of_WhatNobodyNeedsToKnow_IsNothing() => Assert.All(
        new ServerEvent[]
        {
            new CheckerStarted(_client, "fping"), new ClientPropertyChanged(_client, ClientProperty.Expires), new ClientPropertyChanged(_client, ClientProperty.Requests),
        },
        serverEvent =>
        {
            Assert.Null(NoticeMaker.KindOf(serverEvent));
            Assert.Null(_maker.Of(serverEvent));
        });

    [Fact]
    public void ToString_MessageWithLinks_ShowsNone()
    {
        var maker = new NoticeMaker("srv", "https://mandos.example.org/link", new RequestLinks(), _time);

        Message message = maker.Of(new NeedApproval(_client, Rig.Request(), TimeSpan.Zero, false))!.Message;

        Assert.DoesNotContain("/link/", message.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("/link/", message.Body(withLinks: false), StringComparison.Ordinal);
        Assert.Contains("/link/", message.Body(withLinks: true), StringComparison.Ordinal);
    }

    [Fact]
    public void ToJson_Twice_IsTheSame()
    {
        Message message = _maker.Of(new GotSecret(_client, Rig.Request()))!.Message;

        Assert.True(JsonNode.DeepEquals(message.ToJson(), message.ToJson()));
    }

    [Theory]
    [InlineData("a\nb", "a\uFFFDb")]
    [InlineData("a\u202Eb", "a\uFFFDb")]
    [InlineData("größe ☃ 😀", "größe ☃ 😀")]
    public void PlainText_Of_HasNothingThatMovesTheText(string text, string plain) => Assert.Equal(plain, PlainText.Of(text));

    [Fact]
    public void PlainText_HalfACharacter_IsReplaced() => Assert.Equal("\uFFFDx", PlainText.Of("\uD800x"));

    [Fact]
    public void PlainText_LongText_IsCut() => Assert.Equal(201, PlainText.Of(new string('x', 10_000)).Length);
}
