namespace Mandos.Ctl.Servers;

/// <summary>A reboot that is to be expected.</summary>
/// <param name="Milliseconds">For how long; 0: not any more.</param>
/// <param name="Reason">What it is for; empty for nothing.</param>
/// <param name="NeedsNoApproval">Whether one request of the client needs no approval.</param>
internal sealed record RebootPlan(ulong Milliseconds, string Reason, bool NeedsNoApproval);
