namespace Mandos.Abstractions.Checking;

/// <summary>How a check went, in the terms of wait(2).</summary>
public readonly record struct CheckResult
{
    private const int CoreDumpFlag = 0x80;

    private CheckResult(CheckOutcome outcome, int waitStatus, string? error)
        => (Outcome, WaitStatus, Error) = (outcome, waitStatus, error);

    /// <summary>In which way it ended.</summary>
    public CheckOutcome Outcome { get; }

    /// <summary>The status in the encoding of wait(2); 0 where nothing was waited for.</summary>
    public int WaitStatus { get; }

    /// <summary>Why it could not be carried out; null unless <see cref="CheckOutcome.Failed"/>.</summary>
    public string? Error { get; }

    /// <summary>Exit code, 0 to 255; -1 unless <see cref="CheckOutcome.Exited"/>.</summary>
    public int ExitCode => Outcome == CheckOutcome.Exited ? (WaitStatus >> 8) & 0xff : -1;

    /// <summary>Signal number, 1 to 127; 0 unless <see cref="CheckOutcome.Signaled"/>.</summary>
    public int Signal => Outcome == CheckOutcome.Signaled ? WaitStatus & 0x7f : 0;

    /// <summary>Whether the client is alive: it exited with code 0.</summary>
    public bool IsSuccess => Outcome == CheckOutcome.Exited && ExitCode == 0;

    /// <summary>A check that ended by itself.</summary>
    /// <param name="code">Exit code, 0 to 255; 0 means that the client is alive.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code is outside its range.</exception>
    public static CheckResult Exited(int code)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, 255);
        return new(CheckOutcome.Exited, code << 8, null);
    }

    /// <summary>A check that was ended by a signal.</summary>
    /// <param name="signal">Signal number, 1 to 127.</param>
    /// <param name="coreDumped">Whether it left a core dump.</param>
    /// <exception cref="ArgumentOutOfRangeException">The signal is outside its range.</exception>
    public static CheckResult Signaled(int signal, bool coreDumped = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signal, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(signal, 127);
        return new(CheckOutcome.Signaled, signal | (coreDumped ? CoreDumpFlag : 0), null);
    }

    /// <summary>A check that could not be carried out.</summary>
    /// <param name="error">One line that says why, fit for the log.</param>
    public static CheckResult Failed(string error) => new(CheckOutcome.Failed, 0, error);
}
