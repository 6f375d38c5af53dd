using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Access;

/// <summary>At the listener for metrics: knows nobody, and looks only at how often somebody asks.</summary>
/// <param name="time">The clock.</param>
internal sealed class OpenDoorkeeper(TimeProvider time) : IDoorkeeper
{
    private readonly RateLimit _requests = RateLimit.OfRequests(time);

    /// <inheritdoc/>
    public ValueTask<Caller> AdmitAsync(HttpContext context) => _requests.TryTake(Place.Of(context.Connection.RemoteIpAddress!))
        ? ValueTask.FromResult(Caller.Unknown)
        : throw RateLimit.TooManyRequests();
}
