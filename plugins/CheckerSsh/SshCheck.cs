using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Mandos.Abstractions.Checking;
using Mandos.CheckerSsh.Exchanging;
using Mandos.CheckerSsh.Keys;
using Mandos.CheckerSsh.Limits;
using Mandos.CheckerSsh.Network;
using Mandos.CheckerSsh.Options;

namespace Mandos.CheckerSsh;

/// <summary>One check of one host.</summary>
/// <param name="options">The host to check, and how.</param>
/// <param name="time">Measures the time limit.</param>
internal sealed class SshCheck(SshOptions options, TimeProvider time) : ICheck
{
    // What the host has not done yet, for the message that it did not do so in time.
    private string _missing = "";

    // Why to try once more; null if not.
    private string? _busy;

    /// <inheritdoc/>
    public string Description { get; } =
        string.Create(CultureInfo.InvariantCulture, $"SSH key exchange with {options.Host} port {options.Port}");

    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenSource limit = new(options.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await ProveAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Down(_busy ?? $"it did not {_missing} within {options.Timeout.TotalSeconds:0.###} s");
        }
        catch (SocketException e)
        {
            return Down(e.Message);
        }
    }

    /// <summary>
    /// Asks for the keys. The host presents its key of the first type that it has; if that one is not pinned, its key of another
    /// type still can be.
    /// </summary>
    private async Task<CheckResult> ProveAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<HostKeyType> types = options.Keys.Types;
        ExchangeResult? other = null;
        while (true)
        {
            ExchangeResult result = await ExchangeAsync(types, cancellationToken).ConfigureAwait(false);
            if (result.Outcome == ExchangeOutcome.Proven)
            {
                return CheckResult.Exited(0);
            }

            if (result.Outcome == ExchangeOutcome.Busy)
            {
                _busy = result.Reason;
                await Task.Delay(SshLimits.BusyPause, time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (result.Outcome != ExchangeOutcome.OtherKey)
            {
                return Down(result.Outcome == ExchangeOutcome.NoSuchKey && other != null ? other.Reason : result.Reason);
            }

            // It has none of the types before that one either, or it would have presented it.
            other = result;
            types = [.. types.SkipWhile(type => type != result.Type).Skip(1)];
            if (types.Count == 0)
            {
                return Down(result.Reason);
            }
        }
    }

    private async Task<ExchangeResult> ExchangeAsync(IReadOnlyList<HostKeyType> types, CancellationToken cancellationToken)
    {
        _missing = "accept a connection";
        using Socket host = await HostConnection.OpenAsync(
            options.Host, options.Port, options.Timeout, time, cancellationToken).ConfigureAwait(false);
        _missing = "say that it speaks SSH";
        (ReadOnlyMemory<byte> greeting, bool isSsh) = (default, false);
        try
        {
            (greeting, isSsh) = await Greeting.ReceiveAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Like a host that closes without a word.
        }

        if (!isSsh)
        {
            return Refused(Encoding.Latin1.GetString(greeting.Span).TrimEnd('\r', '\n'));
        }

        _busy = null;
        _missing = "complete the key exchange";
        KeyExchange exchange = new(options.Keys, types);
        return await exchange.RunAsync(host, greeting, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The meaning of an answer that is not SSH.</summary>
    private static ExchangeResult Refused(string words)
    {
        const string proves = "which proves nothing of it";
        return words switch
        {
            "" => new(ExchangeOutcome.Broken, null,
                $"it takes the connection and closes it without a word, {proves}; an sshd does so that refuses this server for now (PerSourcePenalties)"),
            _ when words.StartsWith("Exceeded MaxStartups", StringComparison.Ordinal)
                => new(ExchangeOutcome.Busy, null, $"its sshd has too many connections for now (MaxStartups), {proves}"),
            _ when words.StartsWith("Not allowed at this time", StringComparison.Ordinal)
                => new(ExchangeOutcome.Busy, null, $"its sshd takes no connection for now (MaxStartups or PerSourcePenalties), {proves}"), // 9.8 and later
            _ => new(ExchangeOutcome.Broken, null, "it does not speak SSH"),
        };
    }

    private CheckResult Down(string reason)
        => CheckResult.Failed(string.Create(CultureInfo.InvariantCulture, $"{options.Host} port {options.Port}: {reason}"));
}
