using System.Net;

namespace Mandos.Abstractions.Sharing;

/// <summary>An approval or denial of a client that holds for a while.</summary>
/// <param name="Approved">True for an approval, false for a denial.</param>
/// <param name="Left">How long it still holds, by the store's clock; more than zero. The store gives none that has ended.</param>
/// <param name="Address">Only requests from there are approved; null: from anywhere, or from the first to come.</param>
public sealed record SharedVerdict(bool Approved, TimeSpan Left, IPAddress? Address);
