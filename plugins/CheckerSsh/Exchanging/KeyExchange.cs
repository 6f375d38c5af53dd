using System.Net;
using System.Net.Sockets;
using Mandos.CheckerSsh.Keys;
using Mandos.CheckerSsh.Limits;
using Mandos.CheckerSsh.Network;
using Mandos.CheckerSsh.Texts;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Security;

namespace Mandos.CheckerSsh.Exchanging;

/// <summary>
/// A key exchange by SSH.NET, up to the host's signature and no further: no keys are taken into use, no service is asked for,
/// nobody logs in.
/// </summary>
/// <param name="keys">The keys of which the host has to have one.</param>
/// <param name="types">The types of host keys to ask for, the preferred ones first.</param>
internal sealed class KeyExchange(PinnedKeys keys, IReadOnlyList<HostKeyType> types)
{
    /// <summary>
    /// Nothing is sent that would have to stay secret, so none that protect from quantum computers, which take longer; and none
    /// where the host chooses the group, and so how much there is to compute.
    /// </summary>
    private static readonly string[] _agreements =
    [
        "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
        "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512",
    ];

    private static readonly SemaphoreSlim _turns = new(SshLimits.Exchanges);

    // Written by SSH.NET's threads, read when these have ended.
    private ExchangeResult _result = new(ExchangeOutcome.Broken, null, "the key exchange was cut off");

    /// <summary>Runs it, once.</summary>
    /// <param name="host">The connection to the host.</param>
    /// <param name="greeting">What the host has sent already.</param>
    /// <param name="cancellationToken">Stops it. When the task ends, no thread of SSH.NET is left.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="SocketException">There is no loopback address.</exception>
    public async Task<ExchangeResult> RunAsync(Socket host, ReadOnlyMemory<byte> greeting, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using Relay relay = new();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            IPEndPoint address = relay.Address;
            Task relaying = relay.RunAsync(host, greeting, stop.Token);
            Task library = Task.Factory.StartNew(
                () => Connect(address), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await Task.WhenAny(relaying, library).ConfigureAwait(false);

            // With its connection closed, SSH.NET ends if it has not yet.
            await stop.CancelAsync().ConfigureAwait(false);
            await relaying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            relay.Dispose();
            await library.ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return _result;
    }

    private void Connect(IPEndPoint address)
    {
        const string nobody = "mandos"; // A name is required, and not used: nobody logs in.
        ConnectionInfo info = new(address.Address.ToString(), address.Port, nobody, new NoneAuthenticationMethod(nobody))
        {
            // The relay ends it, in time or when cancelled.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        foreach (string other in info.KeyExchangeAlgorithms.Keys.Except(_agreements).ToArray())
        {
            info.KeyExchangeAlgorithms.Remove(other);
        }

        OfferKeys(info.HostKeyAlgorithms);
        try
        {
            using SshClient client = new(info);
            client.Connect();
        }
        catch (Exception e)
        {
            // Whatever SSH.NET makes of what a host sends, it is a result; and where the host has shown its key, that one stands.
            if (_result.Outcome == ExchangeOutcome.Broken)
            {
                bool hasNoSuchKey = !string.IsNullOrEmpty(info.CurrentKeyExchangeAlgorithm)
                    && string.IsNullOrEmpty(info.CurrentHostKeyAlgorithm);
                string names = string.Join(", ", types.Select(type => type.Name));
                _result = hasNoSuchKey
                    ? new(ExchangeOutcome.NoSuchKey, null, $"it has no key of type {names}")
                    : new(ExchangeOutcome.Broken, null, $"the key exchange failed: {Text.Quote(e.Message)}");
            }
        }
    }

    /// <summary>
    /// Offers what fits, so that a host with several keys presents one that can be among the pinned ones. A key that is not is
    /// never even parsed.
    /// </summary>
    private void OfferKeys(IOrderedDictionary<string, Func<byte[], KeyHostAlgorithm>> algorithms)
    {
        Dictionary<string, Func<byte[], KeyHostAlgorithm>> known = new(algorithms);
        algorithms.Clear();
        foreach (HostKeyType type in types)
        {
            foreach (string algorithm in type.Algorithms)
            {
                algorithms.Add(algorithm, blob => Present(type, blob, known[algorithm]));
            }
        }
    }

    private ProvingAlgorithm Present(HostKeyType type, byte[] blob, Func<byte[], KeyHostAlgorithm> parse)
    {
        if (!keys.Contains(blob))
        {
            _result = new(ExchangeOutcome.OtherKey, type, $"it presents another {type.Name} key, {PinnedKeys.Fingerprint(blob)}");
            throw new SshConnectionException("not a key that is pinned");
        }

        _result = new(
            ExchangeOutcome.WrongSignature,
            type,
            $"it presents the {type.Name} key {PinnedKeys.Fingerprint(blob)} without having it: its signature is wrong");
        return new ProvingAlgorithm(parse(blob), () => _result = new(ExchangeOutcome.Proven, type, ""));
    }
}
