using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>What a person says of a reboot of a client that is to come.</summary>
/// <param name="Time">How long it is expected from now, <see cref="ClientLimits.LongestReboot"/> at most; zero: it is not expected any more.</param>
public sealed record RebootPlan(TimeSpan Time)
{
    /// <summary>A reboot is not expected any more.</summary>
    public static RebootPlan None { get; } = new(TimeSpan.Zero);

    /// <summary>What it is for: at most <see cref="ClientLimits.RebootReasonLength"/> characters, none of them a control character; null for nothing.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the request that comes with it needs no approval.</summary>
    public bool NeedsNoApproval { get; init; }

    /// <summary>Sees that each value is in its range.</summary>
    /// <exception cref="ArgumentException">One is not; the text says which, and why.</exception>
    public void Validate()
    {
        if (Time < TimeSpan.Zero || Time > ClientLimits.LongestReboot)
        {
            throw new ArgumentException($"a reboot can be expected for at most {ClientLimits.LongestReboot.TotalDays} days");
        }

        if (Reason?.Length > ClientLimits.RebootReasonLength)
        {
            throw new ArgumentException($"the reason for a reboot may have {ClientLimits.RebootReasonLength} characters; this one has {Reason.Length}");
        }

        if (Reason?.Any(char.IsControl) == true)
        {
            throw new ArgumentException("the reason for a reboot may have no control characters, such as line feeds");
        }
    }
}
