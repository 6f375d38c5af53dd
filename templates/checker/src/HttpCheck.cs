using Mandos.Abstractions.Checking;
using Microsoft.Extensions.Logging;

namespace My.Checker_1;

/// <summary>One check of one client.</summary>
internal sealed class HttpCheck(
    string client, Uri address, TimeSpan timeout, HttpClient http, ILogger logger, TimeProvider timeProvider) : ICheck
{
    // Only an exit code of 0 keeps the client alive.
    private static readonly CheckResult Up = CheckResult.Exited(0);
    private static readonly CheckResult Down = CheckResult.Exited(1);

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
            if (response.IsSuccessStatusCode)
            {
                return Up;
            }

            logger.LogInformation("Client {Client}: {Address} answers with status {Status}", client, address, (int)response.StatusCode);
            return Down;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogInformation("Client {Client}: {Address} did not answer in {Seconds} s", client, address, timeout.TotalSeconds);
            return Down;
        }
        catch (HttpRequestException e)
        {
            logger.LogInformation("Client {Client}: {Address} did not answer: {Reason}", client, address, e.Message);
            return Down;
        }
    }
}
