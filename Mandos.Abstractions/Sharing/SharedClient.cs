namespace Mandos.Abstractions.Sharing;

/// <summary>One client's control at a revision.</summary>
/// <param name="Name">Name of the client.</param>
/// <param name="Revision">The change that made it so; the next command has to expect it.</param>
/// <param name="Control">The control; null if the client was forgotten.</param>
public sealed record SharedClient(string Name, long Revision, SharedControl? Control);
