namespace Mandos.TlsBouncy.Priority;

/// <summary>What a word such as <c>VERS-ALL</c> stands for.</summary>
/// <param name="List">The list that it changes.</param>
/// <param name="Added">What it adds.</param>
/// <param name="Removed">What it removes; null for everything.</param>
internal sealed record PriorityCollection(PriorityList List, string[] Added, string[]? Removed = null);
