using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>A real Prometheus reads the metrics of the real server; its promtool finds nothing wrong with them.</summary>
public sealed partial class MetricsTests : IAsyncDisposable
{
    private static readonly string _rules = Path.Combine(Repository.Root, "packaging/monitoring/mandos.rules.yml");

    private readonly TestClient _client = new("unmistakable");
    private readonly TestClient _disabled = new("second");
    private readonly int _port = FreePort.Find();
    private readonly TestServer _server = new("--debug");
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Prometheus_AfterFetchRefusalAndChecks_HasTheRightNumbers()
    {
        string audit = Path.Combine(_server.ScratchDirectory, "audit.jsonl");
        await _server.ConfigureAsync($"audit_log = {audit}");
        await StartAsync(
            _client.StanzaWith("interval = PT1S", "checker = true"),
            _disabled.StanzaWith("enabled = False", "interval = PT1S", "checker = false"));
        await using PrometheusServer prometheus = await PrometheusServer.StartAsync(_rules, Target);
        await prometheus.WaitForAsync("mandos_requests_total{reason=\"approved by default\"}", 0); // it sees the first one, too
        await prometheus.WaitForAsync("mandos_clients{state=\"disabled\"}", 1);

        await _client.RequireSecretAsync(_server);
        await _client.RequireSecretAsync(_server);
        await _disabled.RequireRefusalAsync(_server);
        await _server.Log.WaitForAsync("INFO", "Client unmistakable: checker succeeded");

        await prometheus.WaitForAsync("mandos_requests_total{decision=\"sent\", reason=\"approved by default\"}", 2);
        await prometheus.WaitForAsync("mandos_requests_total{decision=\"refused\", reason=\"disabled\"}", 1);
        await prometheus.WaitForAsync("sum(mandos_requests_total)", 3);
        await prometheus.WaitForAsync("mandos_request_duration_seconds_count{decision=\"sent\"}", 2);
        await prometheus.WaitForAsync("mandos_handshake_duration_seconds_count{result=\"completed\"}", 3);
        await prometheus.WaitForAsync("mandos_clients{state=\"alive\"}", 1);
        await prometheus.WaitForAsync("mandos_checks_total{checker=\"shell\", result=\"succeeded\"} > bool 0", 1);
        await prometheus.WaitForAsync("mandos_checks_total{checker=\"shell\", result=\"failed\"}", 0);
        await prometheus.WaitForAsync("sum(mandos_connections)", 0);
        await prometheus.WaitForAsync("mandos_audit_lost_total", 0);
        await prometheus.WaitForAsync("mandos_listeners", 1);
        await prometheus.WaitForAsync("up", 1);

        // The example behind a time is the record of the connection.
        string[] records = [.. (await File.ReadAllLinesAsync(audit, Cancellation)).Select(static line => JsonElement.Parse(line))
            .Where(static record => record.TryGetProperty("client", out JsonElement client) && client.GetString() == "second")
            .Select(static record => record.GetProperty("id").GetString()!)];
        string record = Assert.Single(records);
        await Patience.UntilAsync(
            "the example", async () => (await prometheus.ExamplesAsync("mandos_request_duration_seconds_bucket", "audit_id")).Contains(record));
        await Patience.UntilAsync("the alert", async () => (await prometheus.AlertsAsync()).Contains("MandosSecretRefused"));
        Assert.DoesNotContain("MandosDown", await prometheus.AlertsAsync());
    }

    [Theory]
    [InlineData("text/plain", "text/plain; version=0.0.4; charset=utf-8", false)]
    [InlineData("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8", true)]
    public async Task Metrics_ByAccept_AreInOneOfTwoFormats(string accept, string type, bool isOpen)
    {
        await StartAsync(_client.StanzaWith("checker = true"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{Target}/metrics");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using HttpResponseMessage response = await _http.SendAsync(request, Cancellation);
        Assert.Equal(type, response.Content.Headers.GetValues("Content-Type").Single());
        Assert.Equal(isOpen, (await response.Content.ReadAsStringAsync(Cancellation)).EndsWith("# EOF\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_OfARealServer_PleasePromtoolAndNameNoClient()
    {
        string audit = Path.Combine(_server.ScratchDirectory, "audit.jsonl");
        await _server.ConfigureAsync($"audit_log = {audit}");
        await StartAsync(_client.StanzaWith("interval = PT1S", "checker = true"));
        await _client.RequireSecretAsync(_server);
        await _server.Log.WaitForAsync("INFO", "Client unmistakable: checker succeeded");
        string text = await GetAsync("/metrics", HttpStatusCode.OK);

        CommandResult check = await Command.RunAsync(Command.Describe("promtool", ["check", "metrics"]), text);
        Assert.Equal((0, "", ""), (check.ExitCode, check.Output, check.Errors));
        Assert.DoesNotContain(_client.Name, text, StringComparison.Ordinal);
        Assert.DoesNotContain(_client.Key.KeyId, text, StringComparison.OrdinalIgnoreCase);

        // All of them are documented, and all that is documented is there, but for what only servers with a shared state or invitations have.
        SortedSet<string> documented = [.. DocumentedMetrics()];
        SortedSet<string> there = [.. Families(text)];
        Assert.Empty(there.Except(documented));
        Assert.Equal(
            ["mandos_differing_servers", "mandos_invitations", "mandos_permission_left_seconds", "mandos_servers", "mandos_sync_age_seconds"],
            documented.Except(there));
    }

    [Fact]
    public async Task Metrics_OfServersThatShareTheirState_TellOfPermissionAndSync()
    {
        await using SharedSite site = await SharedSite.StartAsync();
        await site.PrepareAsync("a", [_client.StanzaWith("checker = true")], server => UseMetricsAsync(server, "  "));
        string text = "";
        await Patience.UntilAsync("a sync", async () =>
        {
            text = await GetAsync("/metrics", HttpStatusCode.OK);
            return text.Contains("\nmandos_servers{state=\"synced\"} 1\n", StringComparison.Ordinal);
        });
        Assert.Empty(((string[])["mandos_differing_servers", "mandos_permission_left_seconds", "mandos_servers", "mandos_sync_age_seconds"])
            .Except(Families(text)));
        Assert.Equal("ok\n", await GetAsync("/readyz", HttpStatusCode.OK));

        await site.Database.KillAsync();
        await Patience.UntilAsync("its permission ends", async () =>
            (await GetAsync("/metrics", HttpStatusCode.OK)).Contains("\nmandos_permission_left_seconds 0\n", StringComparison.Ordinal));
        Assert.StartsWith("not ready: permission: ", await GetAsync("/readyz", HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.Equal("ok\n", await GetAsync("/livez", HttpStatusCode.OK));
    }

    [Fact]
    public async Task Probes_OfAServerThatIsWell_AreGood()
    {
        await StartAsync(_client.StanzaWith("checker = true"));
        Assert.Equal("ok\n", await GetAsync("/livez", HttpStatusCode.OK));
        Assert.Equal("ok\n", await GetAsync("/readyz", HttpStatusCode.OK));
        Assert.Contains("not", await GetAsync("/api/v1/clients", HttpStatusCode.NotFound), StringComparison.Ordinal); // nothing else is there
    }

    [Fact]
    public async Task Rules_EachOfThem_FiresWhenItShouldAndNotBefore()
    {
        string tests = Path.Combine(Repository.Root, "packaging/monitoring/mandos.rules.test.yml");
        CommandResult result = await Command.RunAsync("promtool", "test", "rules", tests);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        string[] alerts = [.. AlertName().Matches(await File.ReadAllTextAsync(_rules, Cancellation)).Select(static match => match.Groups[1].Value)];
        string[] tested = [.. TestedName().Matches(await File.ReadAllTextAsync(tests, Cancellation)).Select(static match => match.Groups[1].Value).Distinct()];
        Assert.Equal(alerts.Order(StringComparer.Ordinal), tested.Order(StringComparer.Ordinal));

        string documentation = await File.ReadAllTextAsync(Documentation, Cancellation);
        Assert.All(alerts, alert => Assert.Contains(alert, documentation, StringComparison.Ordinal));
        string text = await File.ReadAllTextAsync(_rules, Cancellation);
        Assert.Empty(MetricNames(text).Except(KnownNames()));
    }

    [Fact]
    public async Task Dashboard_ItsQueries_AreGoodAndNameMetricsThatThereAre()
    {
        await StartAsync(_client.StanzaWith("checker = true"));
        await using PrometheusServer prometheus = await PrometheusServer.StartAsync(_rules, Target);
        await prometheus.WaitForAsync("up", 1);
        string text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "packaging/monitoring/mandos-dashboard.json"), Cancellation);
        string[] queries = [.. JsonElement.Parse(text).GetProperty("panels").EnumerateArray().SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!)];
        Assert.NotEmpty(queries);
        Assert.Empty(MetricNames(text).Except(KnownNames()));
        foreach (string query in queries)
        {
            await prometheus.QueryAsync(query.Replace("$instance", ".*", StringComparison.Ordinal)
                .Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$__range", "1h", StringComparison.Ordinal));
        }
    }

    private static string Documentation => Path.Combine(Repository.Root, "docs/metrics.md");

    private static IEnumerable<string> DocumentedMetrics()
        => DocumentedRow().Matches(File.ReadAllText(Documentation)).Select(static match => match.Groups[1].Value);

    private static IEnumerable<string> Families(string text)
        => FamilyLine().Matches(text).Select(static match => match.Groups[1].Value);

    /// <summary>The names under which Prometheus has what is documented.</summary>
    private static IEnumerable<string> KnownNames() => DocumentedMetrics().SelectMany(static name => (string[])[name, $"{name}_bucket", $"{name}_sum", $"{name}_count"]);

    private static IEnumerable<string> MetricNames(string text) => MetricWord().Matches(text).Select(static match => match.Value).Distinct();

    private async Task StartAsync(params IEnumerable<string> stanzas)
    {
        await UseMetricsAsync(_server, "");
        _server.AddClient(string.Join('\n', stanzas));
        await _server.StartAsync();
        await Patience.UntilAsync("the metrics are there", async () =>
        {
            try
            {
                return (await GetAsync("/livez", HttpStatusCode.OK)).Length > 0;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    /// <summary>Adds the listener to plugins.yaml.</summary>
    private Task UseMetricsAsync(TestServer server, string indent)
    {
        string file = Path.Combine(server.ConfigDirectory, "plugins.yaml");
        string head = indent.Length == 0 ? "plugins:\n" : "";
        return File.AppendAllTextAsync(
            file,
            $"""
            {head}  WebControl:
                settings:
                  socket: {Path.Combine(server.ScratchDirectory, "web.sock")}
                  metrics: {Target}

            """,
            Cancellation);
    }

    private async Task<string> GetAsync(string path, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri($"http://{Target}{path}"), Cancellation);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == expected, $"{path}: {response.StatusCode} {text}");
        return text;
    }

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"alertname: (\w+)")]
    private static partial Regex TestedName();

    [GeneratedRegex(@"^\| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex DocumentedRow();

    [GeneratedRegex(@"^# TYPE (\w+)", RegexOptions.Multiline)]
    private static partial Regex FamilyLine();

    [GeneratedRegex(@"\b(mandos|process)_[a-z_]+\b")]
    private static partial Regex MetricWord();
}
