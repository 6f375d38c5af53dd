using Mandos.Abstractions.Checking;

namespace Mandos.CheckerFping.Processes;

/// <summary>How a child ended.</summary>
/// <param name="Group">Its process group; 0 if it was never started.</param>
/// <param name="Result">The result of the check.</param>
internal readonly record struct ChildExit(int Group, CheckResult Result);
