using System.Net;

namespace Mandos.Abstractions.Sharing;

/// <summary>An approval or denial of a client that holds for a while.</summary>
/// <param name="Approved">True for an approval, false for a denial.</param>
/// <param name="Left">
/// How long it still holds, by the store's clock. A denial that has ended is kept and given, with minus the time that has passed since: a server that
/// learns of it late has to refuse what waited then. The store gives no approval that has ended.
/// </param>
/// <param name="Address">Only requests from there are approved; null: from anywhere, or from the first to come.</param>
public sealed record SharedVerdict(bool Approved, TimeSpan Left, IPAddress? Address);
