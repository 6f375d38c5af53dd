using System.Globalization;
using System.Net.Sockets;
using Mandos.Abstractions.Checking;

namespace Mandos.TcpPortChecker;

/// <summary>One connection, closed as soon as it is accepted.</summary>
/// <param name="options">The host and the port.</param>
/// <param name="timeProvider">Measures the time limit.</param>
internal sealed class TcpCheck(TcpOptions options, TimeProvider timeProvider) : ICheck
{
    public string Description => string.Create(CultureInfo.InvariantCulture, $"connect to {options.Host} port {options.Port}");

    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // It tries every address of the name, IPv6 and IPv4.
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(options.Host, options.Port, either.Token).ConfigureAwait(false);
            return CheckResult.Exited(0);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Down($"no answer within {options.Timeout.TotalSeconds} s");
        }
        catch (SocketException e)
        {
            return Down(e.Message);
        }
    }

    private CheckResult Down(string reason)
        => CheckResult.Failed(string.Create(CultureInfo.InvariantCulture, $"{options.Host} port {options.Port}: {reason}"));
}
