namespace Mandos.CheckerFping.Pings;

/// <summary>What the hosts of a batch have in common.</summary>
/// <param name="IsName">Whether fping has to look them up.</param>
/// <param name="Answered">Whether they answered the last time: so a batch seldom waits for silent hosts that has others.</param>
internal readonly record struct PingKind(bool IsName, bool Answered);
