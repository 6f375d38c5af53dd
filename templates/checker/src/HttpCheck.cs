using Mandos.Abstractions.Checking;

namespace My.Checker_1;

/// <summary>One check of one client.</summary>
internal sealed class HttpCheck(HttpClient http, Uri address, TimeSpan timeout, TimeProvider timeProvider) : ICheck
{
    public string Description => $"GET {address}";

    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // The status is all that matters: the body is not read.
            using HttpResponseMessage response =
                await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);

            // Only an exit code of 0 keeps the client alive. Expected failures are results, not exceptions.
            return CheckResult.Exited(response.IsSuccessStatusCode ? 0 : 1);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return CheckResult.Failed($"no answer from {address} within {timeout.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            return CheckResult.Failed($"no answer from {address}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
