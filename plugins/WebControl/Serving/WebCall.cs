using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Mandos.WebControl.Serving;

/// <summary>A request that was let in, with the answer to it.</summary>
/// <param name="context">Both, as Kestrel has them.</param>
/// <param name="caller">Who sent it.</param>
/// <param name="values">The values of the variables of the route's template, decoded.</param>
/// <param name="stopping">Ends when the surface stops.</param>
internal sealed class WebCall(HttpContext context, Caller caller, IReadOnlyDictionary<string, string> values, CancellationToken stopping)
{
    public HttpContext Context => context;

    public HttpRequest Request => context.Request;

    public HttpResponse Response => context.Response;

    /// <summary>Who sent it.</summary>
    public Caller Caller => caller;

    /// <summary>Ends when nobody waits for the answer any more.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>Ends when the surface stops; then an answer without end has to end.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>The value of a variable of the template.</summary>
    public string this[string variable] => values[variable];

    /// <summary>A number in the path.</summary>
    /// <exception cref="WebProblem">It is none: there is nothing at such an address.</exception>
    public long Number(string variable) => long.TryParse(this[variable], out long number) ? number : throw WebProblem.NotFound();

    /// <summary>A parameter of the query; null if it is missing.</summary>
    /// <exception cref="WebProblem">It is there twice.</exception>
    public string? Query(string name)
    {
        StringValues found = context.Request.Query[name];
        return found.Count > 1 ? throw WebProblem.BadValue($"the parameter {name} is there twice") : found.Count == 0 ? null : found[0];
    }

    /// <summary>A parameter of the query that has to be a number within a range, if it is there.</summary>
    /// <exception cref="WebProblem">It is something else.</exception>
    public long? QueryNumber(string name, long least, long most) => Query(name) switch
    {
        null => null,
        var text when long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long number)
            && number >= least && number <= most => number,
        _ => throw WebProblem.BadValue($"the parameter {name} has to be a number from {least} to {most}"),
    };
}
