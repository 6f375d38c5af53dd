using System.Text;
using Mandos.DBusControl.Texts;

namespace DBusControl.Tests.Texts;

public sealed class TimeTextTests
{
    public static TheoryData<DateTimeOffset?, string> Times => new()
    {
        { null, "" },
        { new DateTimeOffset(2026, 11, 23, 5, 35, 1, TimeSpan.Zero), "2026-11-23T05:35:01" },
        { new DateTimeOffset(2026, 11, 23, 5, 35, 1, TimeSpan.Zero).AddMicroseconds(94310), "2026-11-23T05:35:01.094310" },
        { new DateTimeOffset(2026, 11, 23, 5, 35, 1, TimeSpan.Zero).AddTicks(9), "2026-11-23T05:35:01" },
        { new DateTimeOffset(2026, 11, 23, 5, 35, 1, TimeSpan.Zero).AddTicks(19), "2026-11-23T05:35:01.000001" },
        { new DateTimeOffset(2026, 11, 23, 5, 35, 1, TimeSpan.FromHours(2)), "2026-11-23T03:35:01" },
        { DateTimeOffset.MinValue, "0001-01-01T00:00:00" },
        { DateTimeOffset.MaxValue, "9999-12-31T23:59:59.999999" },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void Format_Any_IsIso8601(DateTimeOffset? time, string expected)
    {
        var text = new byte[TimeText.MaxLength];

        Assert.Equal(expected, Encoding.ASCII.GetString(text, 0, TimeText.Format(time, text)));
    }
}
