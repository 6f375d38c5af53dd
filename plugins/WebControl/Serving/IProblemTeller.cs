using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Serving;

/// <summary>Writes the answer to a request that is not answered as it wishes.</summary>
internal interface IProblemTeller
{
    /// <summary>Writes it; the status is set.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="route">The route that it had found; null if none.</param>
    /// <param name="problem">What is wrong.</param>
    Task TellAsync(HttpContext context, Caller caller, Route? route, WebProblem problem);
}
