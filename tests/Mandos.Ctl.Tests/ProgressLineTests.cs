using Mandos.Ctl.Texts;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Ctl.Tests;

/// <summary>What takes long shows on a terminal how far it is.</summary>
public sealed class ProgressLineTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void Line_WithinTwoSeconds_IsNotThere()
    {
        using (var line = ProgressLine.BeginOn(_terminal, _time, "clients changed", 7))
        {
            line.Add(3);
            _time.Advance(TimeSpan.FromSeconds(1.9));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("", _terminal.ToString());
    }

    [Fact]
    public void Line_AfterTwoSeconds_TellsHowManyAndIsGoneInTheEnd()
    {
        using (var line = ProgressLine.BeginOn(_terminal, _time, "clients changed", 100_000))
        {
            line.Add(2500);
            _time.Advance(TimeSpan.FromSeconds(2));
            line.Add(2500);
            _time.Advance(TimeSpan.FromSeconds(0.2));
        }

        Assert.Equal("\r\e[K2,500 of 100,000 clients changed\r\e[K5,000 of 100,000 clients changed\r\e[K", _terminal.ToString());
    }

    [Fact]
    public void Line_Cleared_LeavesRoomAndComesBack()
    {
        using var line = ProgressLine.BeginOn(_terminal, _time, "clients read");
        _time.Advance(TimeSpan.FromSeconds(2));

        line.Clear();
        line.Clear();
        Assert.Equal("\r\e[K0 clients read\r\e[K", _terminal.ToString());

        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.EndsWith("0 clients read", _terminal.ToString(), StringComparison.Ordinal);
    }
}
