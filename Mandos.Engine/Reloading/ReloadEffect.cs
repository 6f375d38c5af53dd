namespace Mandos.Engine.Reloading;

/// <summary>The parts of a reload that are still under way, for which the next reload need not wait.</summary>
/// <param name="Checks">Ends when the checks that it caused have started.</param>
/// <param name="Sends">Ends when nothing more will be written of the secrets that it has broken off.</param>
/// <param name="Saved">Why it is not saved; null if it is.</param>
internal sealed record ReloadEffect(Task Checks, Task Sends, Task<string?> Saved);
