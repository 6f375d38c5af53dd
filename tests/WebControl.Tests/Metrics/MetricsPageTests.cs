using System.Net;
using Mandos.WebControl.Metrics;
using Mandos.WebControl.Settings;
using WebControl.Tests.Support;

namespace WebControl.Tests.Metrics;

/// <summary>The listener for programs that watch the server.</summary>
public sealed class MetricsPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", TextFormat.Prometheus)]
    [InlineData("*/*", TextFormat.Prometheus)]
    [InlineData("text/plain", TextFormat.Prometheus)]
    [InlineData("this is no list; of = types,, \"", TextFormat.Prometheus)]
    [InlineData("application/openmetrics-text", TextFormat.OpenMetrics)]
    [InlineData("application/openmetrics-text; version=0.0.1", TextFormat.Prometheus)]
    [InlineData("application/openmetrics-text; version=\"1.0.0\"; q=0.5, text/plain; q=0.4", TextFormat.OpenMetrics)]
    [InlineData("application/openmetrics-text; version=1.0.0; q=0.5, text/plain", TextFormat.Prometheus)]
    [InlineData("application/openmetrics-text; q=0", TextFormat.Prometheus)]
    internal void Choose_ByAccept_TakesWhatIsPreferred(string accept, TextFormat expected) => Assert.Equal(expected, MetricsPage.Choose([accept]));

    [Fact]
    public async Task Listener_OffersMetricsAndProbesAndNothingElse()
    {
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        await using Rig rig = await Rig.StartAsync([], (WebSettings.MetricsName, address.ToString()));
        using var http = new HttpClient { BaseAddress = new Uri($"http://{address}"), Timeout = Patience.Limit };

        Assert.Equal((HttpStatusCode.OK, "text/plain; version=0.0.4; charset=utf-8"), await GetAsync("/metrics"));
        Assert.Equal((HttpStatusCode.OK, "text/plain; charset=utf-8"), await GetAsync("/livez"));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/api/v1/clients")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/")).Status);
        using HttpResponseMessage post = await http.PostAsync(new Uri("/metrics", UriKind.Relative), null, Cancellation);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);

        async Task<(HttpStatusCode Status, string? Type)> GetAsync(string path)
        {
            using HttpResponseMessage response = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            return (response.StatusCode, response.Content.Headers.TryGetValues("Content-Type", out IEnumerable<string>? values) ? values.Single() : null);
        }
    }

    [Fact]
    public async Task Socket_OffersProbesAndNoMetrics()
    {
        await using Rig rig = await Rig.StartAsync([]);
        Assert.Equal("ok\n", await rig.Http.GetStringAsync(new Uri("/livez", UriKind.Relative), Cancellation));
        using HttpResponseMessage metrics = await rig.Http.GetAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, metrics.StatusCode);

        using HttpResponseMessage ready = await rig.Http.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation);
        string? problem = new Probes(rig.Server, TimeProvider.System).FindUnready();
        Assert.Equal(problem is null ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal($"{problem ?? "ok"}\n", await ready.Content.ReadAsStringAsync(Cancellation));
    }
}
