using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Servers;

/// <summary>A change that many clients are given by one call.</summary>
/// <param name="Property">The property of a client on D-Bus that gets a value, or <c>Approve</c> or <c>RemoveClient</c>.</param>
/// <param name="Value">A text, a boolean, or a duration in milliseconds.</param>
internal sealed record ManyChange(string Property, object Value)
{
    /// <summary>The setting that is changed; null if it is none.</summary>
    public ClientSetting? Setting { get; init; }
}
