using System.Net;
using System.Text;
using System.Text.Json;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Outcomes;
using Mandos.Host.Auditing;

namespace Mandos.Host.Tests.Auditing;

public sealed class AuditJsonTests
{
    [Fact]
    public void Add_AllMembers_AreInOrder() => Assert.Equal(
        """{"time":"2026-11-23T04:35:01.094Z","address":"fe80::1%2","port":40000,"key_id":"AB12","client":"first","""
        + "\"decision\":\"failed\",\"reason\":\"send failed\",\"duration_ms\":1500,\"detail\":\"reset\",\"id\":\"4bf9\"}\n",
        Lines(new AuditRecord
        {
            Time = new DateTimeOffset(2026, 11, 23, 5, 35, 1, 94, TimeSpan.FromHours(1)),
            Peer = new IPEndPoint(IPAddress.Parse("fe80::1%2"), 40000),
            KeyId = "AB12",
            Client = "first",
            Outcome = Outcome.SendFailed,
            Duration = TimeSpan.FromMilliseconds(1500.9),
            Detail = "reset",
            Id = "4bf9",
        }));

    [Fact]
    public void Add_LeastMembers_LeavesOthersOut() => Assert.Equal(
        """{"time":"1970-01-01T00:00:00.000Z","address":"::1","port":1,"decision":"sent","reason":"approved","duration_ms":0}""" + "\n",
        Lines(Records.Make()));

    [Fact]
    public void Add_Command_HasWhoGaveIt()
    {
        using var json = new AuditJson();
        var record = new CommandRecord
        {
            Time = DateTimeOffset.UnixEpoch,
            Command = AuditCommand.ApproveRequest,
            Client = "first",
            Source = new CommandSource("dbus") { User = "uid 0", Address = ":1.7" },
            Outcome = CommandOutcome.Done,
            Detail = "request 7 from [::1]:4711",
        };

        json.Add(record);
        json.Add(record with { Client = null, Source = new CommandSource("server"), Detail = null });

        Assert.Equal(
            """{"time":"1970-01-01T00:00:00.000Z","command":"approve request","client":"first","surface":"dbus","user":"uid 0","""
            + "\"address\":\":1.7\",\"outcome\":\"done\",\"detail\":\"request 7 from [::1]:4711\"}\n"
            + """{"time":"1970-01-01T00:00:00.000Z","command":"approve request","surface":"server","outcome":"done"}""" + "\n",
            Encoding.Latin1.GetString(json.Lines));
    }

    [Fact]
    public void AddGap_Number_IsALineOfItsOwn()
    {
        using var json = new AuditJson();
        json.AddGap(DateTimeOffset.UnixEpoch, 7);
        Assert.Equal("{\"time\":\"1970-01-01T00:00:00.000Z\",\"lost\":7}\n", Encoding.ASCII.GetString(json.Lines));
    }

    [Theory]
    [InlineData("a\"b\\c")]
    [InlineData("x\n{\"decision\":\"sent\"}\r\n")]
    [InlineData("\u001b[2J\0\u007f\u009b\u2028\u202e räka 🔑")]
    public void Add_HostileText_IsOneAsciiLineWithTheSameText(string text)
    {
        string line = Lines(Records.Make() with { Client = text, Detail = text });

        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        Assert.All(line[..^1], static c => Assert.InRange(c, ' ', '~'));
        JsonElement read = JsonElement.Parse(line);
        Assert.Equal(text, read.GetProperty("client").GetString());
        Assert.Equal(text, read.GetProperty("detail").GetString());
    }

    // Not among the above: an attribute cannot hold such a string.
    [Fact]
    public void Add_LoneSurrogates_IsALineAllTheSame()
    {
        using JsonDocument read = JsonDocument.Parse(Lines(Records.Make() with { Detail = "\ud800x\udc00" }));
        Assert.Contains('x', read.RootElement.GetProperty("detail").GetString()!);
    }

    private static string Lines(AuditRecord record)
    {
        using var json = new AuditJson();
        json.Add(Records.Make());
        json.Clear();
        json.Add(record);
        return Encoding.Latin1.GetString(json.Lines);
    }
}
