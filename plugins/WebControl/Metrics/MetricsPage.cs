using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Mandos.WebControl.Metrics;

/// <summary>Answers who scrapes the metrics.</summary>
/// <param name="collector">Knows them.</param>
/// <param name="logger">Is told of the first that cannot be read.</param>
internal sealed partial class MetricsPage(MetricsCollector collector, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private bool _hasFailed;

    /// <summary>Answers with all metrics as they are now.</summary>
    public async Task AnswerAsync(WebCall call)
    {
        TextFormat format = Choose(call.Request.Headers.Accept);
        string text = "";
        Exception? problem = await collector.ReadAsync(metrics => text = new MetricsText(format).Write(metrics), call.Aborted).ConfigureAwait(false);
        if (problem is { } fault && !Interlocked.Exchange(ref _hasFailed, true))
        {
            LogNotRead(fault.Message.ReplaceLineEndings(" "));
        }

        call.Response.ContentType = MetricsText.MediaTypeOf(format);
        await call.Response.WriteAsync(text, call.Aborted).ConfigureAwait(false);
    }

    /// <summary>The format that a scraper prefers: OpenMetrics if it asks for that, and not for another with more weight.</summary>
    /// <param name="accept">The values of its header Accept.</param>
    internal static TextFormat Choose(IReadOnlyList<string?> accept)
    {
        if (!MediaTypeHeaderValue.TryParseList([.. accept.Select(static value => value ?? "")], out IList<MediaTypeHeaderValue>? types))
        {
            return TextFormat.Prometheus;
        }

        double open = 0;
        double plain = 0;
        foreach (MediaTypeHeaderValue type in types)
        {
            double weight = type.Quality ?? 1;
            if (type.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) && IsOurVersion(type))
            {
                open = Math.Max(open, weight);
            }
            else if (type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase))
            {
                plain = Math.Max(plain, weight);
            }
        }

        return open > 0 && open >= plain ? TextFormat.OpenMetrics : TextFormat.Prometheus;
    }

    private static bool IsOurVersion(MediaTypeHeaderValue type)
        => type.Parameters.FirstOrDefault(static one => one.Name.Equals("version", StringComparison.OrdinalIgnoreCase)) is not { } version
            || version.GetUnescapedValue() == "1.0.0";
}
