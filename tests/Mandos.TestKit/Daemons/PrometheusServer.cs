using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Mandos.TestKit.Daemons;

/// <summary>A real Prometheus that scrapes addresses of loopback each second, and keeps what it reads as long as the test runs.</summary>
public sealed class PrometheusServer : IAsyncDisposable
{
    /// <summary>The name of the job under which it scrapes.</summary>
    public const string Job = "mandos";

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http;
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    private PrometheusServer(int port) => _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/api/v1/") };

    /// <summary>Starts it, and waits until it answers.</summary>
    /// <param name="rules">A file with rules.</param>
    /// <param name="targets">What it scrapes, as ADDRESS:PORT.</param>
    public static async Task<PrometheusServer> StartAsync(string rules, params IEnumerable<string> targets)
    {
        int port = FreePort.Find();
        var server = new PrometheusServer(port);
        try
        {
            string configuration = server._directory.Write(
                "prometheus.yml",
                $$"""
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: ["{{rules}}"]
                scrape_configs:
                  - job_name: {{Job}}
                    static_configs: [{targets: [{{string.Join(", ", targets.Select(static target => $"\"{target}\""))}}]}]
                """);
            server._process = Process.Start(Command.Describe("prometheus",
            [
                $"--config.file={configuration}", $"--storage.tsdb.path={server._directory.PathOf("data")}", "--log.level=warn",
                $"--web.listen-address=127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}", "--enable-feature=exemplar-storage",
            ]))!;
            server._process.StandardInput.Close();
            server._reading = Task.WhenAll(ReadAsync(server._process.StandardError), ReadAsync(server._process.StandardOutput));
            await Patience.UntilAsync("Prometheus answers", server.AnswersAsync);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it has for a query now, by the labels other than the name, the job and the instance, as <c>name="value", …</c>.</summary>
    /// <param name="query">PromQL.</param>
    public async Task<IReadOnlyDictionary<string, double>> QueryAsync(string query)
    {
        JsonElement answer = await AskAsync($"query?query={Uri.EscapeDataString(query)}");
        return answer.GetProperty("result").EnumerateArray().ToDictionary(
            static one => string.Join(", ", one.GetProperty("metric").EnumerateObject()
                .Where(static label => label.Name is not ("__name__" or "job" or "instance"))
                .Select(static label => $"{label.Name}=\"{label.Value.GetString()}\"")),
            static one => double.Parse(one.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until a query has one value alone, and that is as expected.</summary>
    public async Task WaitForAsync(string query, double value)
    {
        string last = "nothing";
        try
        {
            await Patience.UntilAsync($"{query} is {value}", async () =>
            {
                IReadOnlyDictionary<string, double> all = await QueryAsync(query);
                last = string.Join("; ", all.Select(static one => $"{one.Key} {one.Value}"));
                return all.Count == 1 && all.Values.Single() == value;
            });
        }
        catch (Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{query} does not become {value}; it is {last}");
        }
    }

    /// <summary>The examples that it has kept for a metric in the last minutes, each as the value of a label.</summary>
    public async Task<IReadOnlyList<string>> ExamplesAsync(string metric, string label)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        JsonElement answer = await AskAsync(string.Create(
            CultureInfo.InvariantCulture, $"query_exemplars?query={metric}&start={now - 600}&end={now + 60}"));
        return [.. answer.EnumerateArray().SelectMany(static series => series.GetProperty("exemplars").EnumerateArray())
            .Select(one => one.GetProperty("labels").GetProperty(label).GetString()!)];
    }

    /// <summary>The names of the alerts that fire, or would if that lasted.</summary>
    public async Task<IReadOnlyList<string>> AlertsAsync()
    {
        JsonElement answer = await AskAsync("alerts");
        return [.. answer.GetProperty("alerts").EnumerateArray().Select(static alert => alert.GetProperty("labels").GetProperty("alertname").GetString()!)];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is { } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            await _reading;
            process.Dispose();
        }

        _directory.Dispose();
    }

    private async Task<JsonElement> AskAsync(string question)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(question, UriKind.Relative), TestContext.Current.CancellationToken);
        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{Uri.UnescapeDataString(question)}: {answer}");
        return answer.GetProperty("data");
    }

    private async Task<bool> AnswersAsync()
    {
        Assert.False(_process!.HasExited, "Prometheus ended instead of answering");
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri("/-/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"Prometheus: {line}");
        }
    }
}
