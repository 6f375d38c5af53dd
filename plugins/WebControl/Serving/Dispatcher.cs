using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Serving;

/// <summary>Answers each request of one listener: lets it in, finds its route, and turns what goes wrong into an answer.</summary>
/// <param name="doorkeeper">Says who it is.</param>
/// <param name="routes">What there is.</param>
/// <param name="tell">Writes what went wrong, for people or for programs.</param>
/// <param name="logger">The log.</param>
/// <param name="stopping">Ends when the surface stops.</param>
internal sealed partial class Dispatcher(
    IDoorkeeper doorkeeper, Routes routes, IProblemTeller tell, ILogger logger, CancellationToken stopping)
{
    private readonly ILogger _logger = logger;

    /// <summary>Answers. Throws only what tells Kestrel to break the connection off.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        Route? route = null;
        Caller caller = Caller.Unknown;
        try
        {
            IReadOnlyList<string> path = RequestPath.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            caller = await doorkeeper.AdmitAsync(context).ConfigureAwait(false);
            if (caller.User is not null)
            {
                context.Features.Get<PortPlace>()?.NoteKnown(); // a port has these
            }

            (route, IReadOnlyDictionary<string, string> values) = routes.Find(context.Request.Method, path, context.Response);
            Require(route, caller);
            await route.AnswerAsync(new WebCall(context, caller, values, stopping)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception e) when (e is ConnectionAbortedException or ConnectionResetException)
        {
            // Nobody is there to be told.
        }
        catch (Exception e)
        {
            WebProblem problem = Describe(e);
            if (problem.Status == StatusCodes.Status500InternalServerError)
            {
                LogFault(context.Request.Method, route?.Template ?? "?", e.GetType().Name, e.Message.ReplaceLineEndings(" "));
            }

            if (context.Response.HasStarted)
            {
                context.Abort(); // so that a part is not taken for the whole
                return;
            }

            context.Response.StatusCode = problem.Status;
            if (problem.Status == StatusCodes.Status401Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
            }
            else if (problem.Status == StatusCodes.Status429TooManyRequests)
            {
                context.Response.Headers.RetryAfter = "10";
            }

            await tell.TellAsync(context, caller, route, problem).ConfigureAwait(false);
        }
    }

    private static void Require(Route route, Caller caller)
    {
        if (caller.Scope < route.Scope)
        {
            throw caller.User is null ? WebProblem.SignIn("sign in first")
                : WebProblem.NotAllowed($"{caller.User} may not do this: it needs the scope {route.Scope.ToString().ToLowerInvariant()}");
        }
    }

    /// <summary>What an answer says of what went wrong.</summary>
    public static WebProblem Describe(Exception exception) => exception switch
    {
        WebProblem problem => problem,
        UnknownClientException e => WebProblem.UnknownClient(e.Message),
        UnknownRequestException e => new(StatusCodes.Status404NotFound, "unknown_request", e.Message),
        ConflictingRequestsException e => new(StatusCodes.Status409Conflict, "conflicting_requests", e.Message),
        InvitationException e => new(StatusCodes.Status409Conflict, "invitation", e.Message),
        UnauthorizedAccessException e => WebProblem.NotAllowed(e.Message),
        NoNextKeyException e => new(StatusCodes.Status409Conflict, "no_next_key", e.Message),
        ClientDisabledException e => new(StatusCodes.Status409Conflict, "client_disabled", e.Message),
        NotSupportedException e => new(StatusCodes.Status409Conflict, "not_supported", e.Message),
        ClientExistsException e => new(StatusCodes.Status409Conflict, "client_exists", e.Message),
        ConfigurationException e => WebProblem.BadValue(string.Join("; ", e.Problems)),
        StateStoreException e => new(StatusCodes.Status503ServiceUnavailable, "not_ready", e.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => WebProblem.TooLarge(ClientLimits.SecretBytes),
        BadHttpRequestException e => new(e.StatusCode, "bad_value", "the request is not well-formed"),
        ArgumentException e => WebProblem.BadValue(e.Message),
        _ => new(StatusCodes.Status500InternalServerError, "internal", "something went wrong in the server; its log says what"),
    };

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin"; // with less, browsers would not say where a form came from
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
