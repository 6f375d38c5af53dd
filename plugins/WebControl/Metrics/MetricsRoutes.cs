using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Metrics;

/// <summary>What programs that watch the server ask for.</summary>
internal static class MetricsRoutes
{
    /// <summary>What every listener offers to everybody: whether the server is alive, and ready.</summary>
    /// <param name="server">The server.</param>
    /// <param name="context">What the plugin gets.</param>
    public static IReadOnlyList<Route> Everywhere(IMandosServer server, IPluginContext context)
    {
        var probes = new Probes(server, context.TimeProvider);
        return
        [
            new Route("GET", "/livez", Scope.Nothing, async call => await AnswerAsync(call, await probes.FindDeadAsync(call.Aborted).ConfigureAwait(false)).ConfigureAwait(false)),
            new Route("GET", "/readyz", Scope.Nothing, call => AnswerAsync(call, probes.FindUnready())),
        ];
    }

    /// <summary>What the listener of the setting <c>metrics</c> offers besides, which knows nobody: to everybody.</summary>
    /// <param name="collector">Knows the metrics.</param>
    /// <param name="context">What the plugin gets.</param>
    public static IReadOnlyList<Route> AtMetricsListener(MetricsCollector collector, IPluginContext context)
        => [new Route("GET", "/metrics", Scope.Nothing, new MetricsPage(collector, context.Logger).AnswerAsync)];

    private static Task AnswerAsync(WebCall call, string? problem)
    {
        call.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        call.Response.ContentType = "text/plain; charset=utf-8";
        return call.Response.WriteAsync($"{problem ?? "ok"}\n", call.Aborted);
    }
}
