using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Servers;

/// <summary>A change that many clients are given by one call.</summary>
/// <param name="Property">The property of a client on D-Bus that gets a value, or <c>Approve</c>, <c>RemoveClient</c>, <c>ExpectReboot</c>, <c>Rehearse</c> or <c>Promote</c>.</param>
/// <param name="Value">A text, a boolean, a duration in milliseconds, or a <see cref="RebootPlan"/>.</param>
internal sealed record ManyChange(string Property, object Value)
{
    /// <summary>The setting that is changed; null if it is none.</summary>
    public ClientSetting? Setting { get; init; }
}
