namespace Mandos.Ctl.Monitor;

/// <summary>What a key means; the keys are those of Debian's mandos-monitor(8) and a few more.</summary>
internal enum MonitorKey
{
    None,
    Quit,
    Redraw,
    Help,
    ToggleLog,
    SwitchWindow,
    ToggleWrap,
    ToggleVerbose,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Filter,
    Escape,
    NextOrder,
    ReverseOrder,
    Enable,
    Disable,
    Approve,

    /// <summary>To approve the request that was chosen.</summary>
    ApproveRequest,
    Deny,
    Remove,
    StartChecker,
    StopChecker,
    CheckedOk,
}

/// <summary>Reads keys.</summary>
internal static class MonitorKeys
{
    public static MonitorKey Of(ConsoleKeyInfo key)
    {
        bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        bool alt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        return key.Key switch
        {
            ConsoleKey.F1 => MonitorKey.Help,
            ConsoleKey.Tab => MonitorKey.SwitchWindow,
            ConsoleKey.UpArrow => MonitorKey.Up,
            ConsoleKey.DownArrow => MonitorKey.Down,
            ConsoleKey.PageUp => MonitorKey.PageUp,
            ConsoleKey.PageDown => MonitorKey.PageDown,
            ConsoleKey.Home => MonitorKey.First,
            ConsoleKey.End => MonitorKey.Last,
            ConsoleKey.Escape => MonitorKey.Escape,
            ConsoleKey.L when control => MonitorKey.Redraw,
            ConsoleKey.P when control => MonitorKey.Up,
            ConsoleKey.N when control => MonitorKey.Down,
            ConsoleKey.V when control => MonitorKey.PageDown,
            ConsoleKey.K when control => MonitorKey.Remove,
            ConsoleKey.V when alt => MonitorKey.PageUp,
            _ when control || alt => MonitorKey.None,
            _ => Of(key.KeyChar),
        };
    }

    private static MonitorKey Of(char key) => key switch
    {
        'q' or 'Q' => MonitorKey.Quit,
        '?' => MonitorKey.Help,
        'l' or 'D' => MonitorKey.ToggleLog,
        'w' or 'i' => MonitorKey.ToggleWrap,
        'v' => MonitorKey.ToggleVerbose,
        'k' => MonitorKey.Up,
        'j' => MonitorKey.Down,
        'b' => MonitorKey.PageUp,
        ' ' or 'f' => MonitorKey.PageDown,
        'g' => MonitorKey.First,
        'G' => MonitorKey.Last,
        '/' => MonitorKey.Filter,
        'o' => MonitorKey.NextOrder,
        'O' => MonitorKey.ReverseOrder,
        '+' => MonitorKey.Enable,
        '-' => MonitorKey.Disable,
        'a' => MonitorKey.Approve,
        'd' => MonitorKey.Deny,
        'R' or '_' => MonitorKey.Remove,
        's' => MonitorKey.StartChecker,
        'S' => MonitorKey.StopChecker,
        'C' => MonitorKey.CheckedOk,
        _ => MonitorKey.None,
    };
}
