using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Serving;

/// <summary>Finds out who sends requests to a listener, before anything else looks at them.</summary>
internal interface IDoorkeeper
{
    /// <summary>Looks at the head of a request.</summary>
    /// <param name="context">The request.</param>
    /// <returns>Who sent it; <see cref="Caller.Unknown"/> if nobody that may do more than everybody.</returns>
    /// <exception cref="WebProblem">It is not taken at all.</exception>
    ValueTask<Caller> AdmitAsync(HttpContext context);
}
