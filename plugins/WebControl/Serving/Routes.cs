using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Serving;

/// <summary>Finds what answers at an address.</summary>
/// <param name="routes">Everything that answers; no two at the same addresses by the same method.</param>
internal sealed class Routes(IReadOnlyList<Route> routes)
{
    public IReadOnlyList<Route> All => routes;

    /// <summary>Finds the route of a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The decoded parts of the path.</param>
    /// <param name="response">Gets the header that says which methods there are.</param>
    /// <exception cref="WebProblem">There is none.</exception>
    public (Route Route, IReadOnlyDictionary<string, string> Values) Find(string method, IReadOnlyList<string> path, HttpResponse response)
    {
        string wanted = method == "HEAD" ? "GET" : method;
        List<string> methods = [];
        foreach (Route route in routes)
        {
            if (route.Match(path) is { } values)
            {
                if (route.Method == wanted)
                {
                    return (route, values);
                }

                methods.Add(route.Method);
            }
        }

        if (methods.Count == 0)
        {
            throw WebProblem.NotFound();
        }

        response.Headers.Allow = string.Join(", ", methods);
        throw new WebProblem(StatusCodes.Status405MethodNotAllowed, "wrong_method", $"this address takes {string.Join(" and ", methods)} only");
    }
}
