namespace Mandos.Engine.Reloading;

/// <summary>What a reload has set going, for which the next one need not wait.</summary>
/// <param name="Checks">Ends when the checks that it caused have started, and the secrets that it has broken off have ended.</param>
/// <param name="Saved">Why it is not saved; null if it is.</param>
internal sealed record ReloadEffect(Task Checks, Task<string?> Saved);
