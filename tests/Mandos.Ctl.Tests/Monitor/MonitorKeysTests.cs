using Mandos.Ctl.Monitor;

namespace Mandos.Ctl.Tests.Monitor;

/// <summary>The keys of Debian's mandos-monitor(8) do what it says.</summary>
public sealed class MonitorKeysTests
{
    [Theory]
    [InlineData("qQ", MonitorKey.Quit)]
    [InlineData("?", MonitorKey.Help)]
    [InlineData("lD", MonitorKey.ToggleLog)]
    [InlineData("wi", MonitorKey.ToggleWrap)]
    [InlineData("v", MonitorKey.ToggleVerbose)]
    [InlineData("k", MonitorKey.Up)]
    [InlineData("j", MonitorKey.Down)]
    [InlineData("b", MonitorKey.PageUp)]
    [InlineData(" f", MonitorKey.PageDown)]
    [InlineData("+", MonitorKey.Enable)]
    [InlineData("-", MonitorKey.Disable)]
    [InlineData("a", MonitorKey.Approve)]
    [InlineData("d", MonitorKey.Deny)]
    [InlineData("R_", MonitorKey.Remove)]
    [InlineData("s", MonitorKey.StartChecker)]
    [InlineData("S", MonitorKey.StopChecker)]
    [InlineData("C", MonitorKey.CheckedOk)]
    [InlineData("x\0é", MonitorKey.None)]
    internal void Of_Characters(string keys, MonitorKey expected)
        => Assert.All(keys, key => Assert.Equal(expected, MonitorKeys.Of(new ConsoleKeyInfo(key, ConsoleKey.None, false, false, false))));

    [Theory]
    [InlineData(ConsoleKey.L, MonitorKey.Redraw)]
    [InlineData(ConsoleKey.P, MonitorKey.Up)]
    [InlineData(ConsoleKey.N, MonitorKey.Down)]
    [InlineData(ConsoleKey.V, MonitorKey.PageDown)]
    [InlineData(ConsoleKey.K, MonitorKey.Remove)]
    [InlineData(ConsoleKey.A, MonitorKey.None)]
    internal void Of_WithControl(ConsoleKey key, MonitorKey expected)
        => Assert.Equal(expected, MonitorKeys.Of(new ConsoleKeyInfo((char)(key - ConsoleKey.A + 1), key, false, false, true)));

    [Theory]
    [InlineData(ConsoleKey.F1, '\0', false, MonitorKey.Help)]
    [InlineData(ConsoleKey.Tab, '\t', false, MonitorKey.SwitchWindow)]
    [InlineData(ConsoleKey.UpArrow, '\0', false, MonitorKey.Up)]
    [InlineData(ConsoleKey.DownArrow, '\0', false, MonitorKey.Down)]
    [InlineData(ConsoleKey.PageUp, '\0', false, MonitorKey.PageUp)]
    [InlineData(ConsoleKey.PageDown, '\0', false, MonitorKey.PageDown)]
    [InlineData(ConsoleKey.V, 'v', true, MonitorKey.PageUp)]
    [InlineData(ConsoleKey.D, 'd', true, MonitorKey.None)]
    internal void Of_NamedKeys(ConsoleKey key, char character, bool alt, MonitorKey expected)
        => Assert.Equal(expected, MonitorKeys.Of(new ConsoleKeyInfo(character, key, false, alt, false)));
}
