using Mandos.Abstractions.Checking;

namespace My.Checker_1;

/// <summary>One check of one client.</summary>
internal sealed class HttpCheck(Uri address, TimeSpan timeout, HttpClient http, TimeProvider timeProvider) : ICheck
{
    /// <summary>For the log.</summary>
    public string Description => $"GET {address}";

    /// <summary>Runs it, without blocking a thread. Expected failures are results, not exceptions.</summary>
    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // The status is all that matters: the body is not read.
            using HttpResponseMessage response =
                await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);

            // Only this keeps the client alive.
            return response.IsSuccessStatusCode ? CheckResult.Exited(0) : Down($"it answers with status {(int)response.StatusCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Down($"no answer within {timeout.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            return Down(e.Message.ReplaceLineEndings(" "));
        }
    }

    private CheckResult Down(string reason) => CheckResult.Failed($"{address}: {reason}");
}
