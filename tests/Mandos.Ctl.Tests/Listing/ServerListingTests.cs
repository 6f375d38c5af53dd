using Mandos.Ctl.Listing;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Tests.Listing;

public sealed class ServerListingTests
{
    private const string Hash = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";
    private const string OtherHash = "F123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";

    private static readonly SharingServer _a = new(
        "a", "2026-11-30T08:41:07", 17, TimeSpan.FromSeconds(0.26), TimeSpan.FromSeconds(9.74), Hash, IsSelf: true, IsAwaited: false);

    private static readonly SharingServer _b = new(
        "bär", "2026-11-29T23:00:00", 12, TimeSpan.FromSeconds(99), TimeSpan.Zero, OtherHash, IsSelf: false, IsAwaited: true);

    private static readonly SharingServer _c = new("c", "2026-11-30T08:41:09", 0, null, null, "", IsSelf: false, IsAwaited: false);

    [Fact]
    public void Write_EachKindOfServer_IsListed()
    {
        using var output = new StringWriter();
        var group = new ServerGroup([_a, _b, _c], 17, TimeSpan.Zero);

        TableText.Write(output, group.Servers, ServerColumn.Of(group));

        Assert.Equal(
            """
            Name This Since               Revision Behind Last Sync  Permission Files              
            a    Yes  2026-11-30T08:41:07 17       0      0.3 s ago  9.7 s      0123456789ab       
            bär  No   2026-11-29T23:00:00 12       5      99.0 s ago none       f123456789ab differ
            c    No   2026-11-30T08:41:09 0        17     never      unknown    unknown            

            """,
            output.ToString());
    }

    [Fact]
    public void Warnings_DeadAndOtherFiles_AreALineEach()
        => Assert.Equal(
            [
                "server bär has made no sync for 99 s; commands wait for it, so if it is gone for good, remove it from the database",
                "server c has made no sync since it started; commands wait for it, so if it is gone for good, remove it from the database",
                "the clients in this server's files differ from those of: bär",
            ],
            new ServerGroup([_a, _b, _c], 17, TimeSpan.Zero).Warnings());

    [Fact]
    public void Warnings_OfAServerThatIsCutOff_AreOfItAlone()
    {
        SharingServer cutOff = _a with { SinceSync = TimeSpan.FromSeconds(30), Permission = TimeSpan.Zero };

        Assert.Equal(
            ["this server has no permission to give secrets: its last sync with the shared store was 30 s ago"],
            new ServerGroup([cutOff, _b with { FilesHash = Hash, Permission = null }], 17, TimeSpan.Zero).Warnings());
        Assert.Equal(
            ["this server has no permission to give secrets: it has made no sync with the shared store yet"],
            new ServerGroup([cutOff with { SinceSync = null }], 0, TimeSpan.Zero).Warnings());
    }

    [Fact]
    public void Warnings_AllIsWell_AreNone()
        => Assert.Empty(new ServerGroup([_a, _b with { SinceSync = TimeSpan.FromSeconds(1), FilesHash = Hash }], 17, TimeSpan.Zero).Warnings());

    [Theory]
    [InlineData(true, false, 0.5, "waiting for server bär to confirm; at most 11.3 s")]
    [InlineData(true, true, 0.5, "waiting for servers a, bär to confirm; at most 11.3 s")]
    [InlineData(false, false, 3.4, "waiting for the shared store, which has not answered for 3 s")]
    [InlineData(false, false, 1.1, null)]
    public void Waiting_EachReason_IsSaid(bool isOtherAwaited, bool isSelfAwaited, double sinceSync, string? expected)
        => Assert.Equal(expected, new ServerGroup(
            [_a with { IsAwaited = isSelfAwaited, SinceSync = TimeSpan.FromSeconds(sinceSync) }, _b with { IsAwaited = isOtherAwaited }],
            17, TimeSpan.FromSeconds(11.28)).Waiting());
}
