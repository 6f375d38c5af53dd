using System.Net;
using Mandos.Engine.Auditing;
using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Tests.Auditing;

public sealed class AuditRecordTests
{
    private static readonly AuditRecord _least = new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Peer = new IPEndPoint(IPAddress.IPv6Loopback, 40000),
        Outcome = Outcome.PeerGone,
        Duration = TimeSpan.FromMilliseconds(12.9),
    };

    [Fact]
    public void ToString_Least_LeavesOutWhatIsNotKnown()
        => Assert.Equal("decision=failed reason=\"peer gone\" peer=[::1]:40000 ms=12", _least.ToString());

    [Fact]
    public void ToString_All_IsInOrderAndQuoted()
    {
        AuditRecord record = _least with { KeyId = "AB12", Client = "a \"b\" \\c", Detail = "x\" ms=7 \\", Id = "4bf9" };
        Assert.Equal(
            """decision=failed reason="peer gone" peer=[::1]:40000 key=AB12 client="a \"b\" \\c" ms=12 detail="x\" ms=7 \\" id=4bf9""",
            record.ToString());
    }

    [Fact]
    public void Detail_Long_IsCut()
        => Assert.Equal(AuditRecord.LongestDetail, (_least with { Detail = new string('x', 5000) }).Detail!.Length);

    [Fact]
    public void Phrase_EveryReasonAndDecision_IsDistinctAndPlain()
    {
        string[] phrases = [
            .. Enum.GetValues<Outcome>().Select(static outcome => outcome.Phrase()),
            .. Enum.GetValues<Outcome>().Select(static outcome => outcome.Decision()).Distinct(),
            OutcomePhrases.Sending];
        Assert.Equal(phrases.Length, phrases.Distinct().Count());
        Assert.All(phrases, static phrase => Assert.Matches("^[a-z ]+$", phrase));
    }
}
