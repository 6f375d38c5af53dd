using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>A secret that release gates have agreed to, and that goes out now.</summary>
/// <param name="Granted">Why it does.</param>
/// <param name="Looked">When they agreed last.</param>
internal sealed record SecretRelease(Outcome Granted, TimeSpan Looked);
