using System.Text;
using Mandos.Abstractions.Tls;
using Mandos.PluginContracts.Tls;

namespace Mandos.PluginContracts.Tests.Tls;

public sealed class TlsBackendContractTests : ContractTestsOf<TlsBackendContractTests, ITlsBackend>, IContractKind<ITlsBackend>
{
    private static readonly Task _never = new TaskCompletionSource().Task;

    private static readonly Fault<Func<ContractContext, ITlsBackend>>[] _faults =
    [
        .. ContractTests.CommonFaults<ITlsBackend>(
            _ => new BrokenTlsBackend(), _ => new BrokenTlsBackend { Disposed = ContractTests.Once() }),
        new("cannot warm up", "warms up under the default priority string",
            _ => new BrokenTlsBackend { WarmUp = _ => throw new InvalidOperationException("no provider") }),
        new("takes any priority string", "refuses bad priority strings",
            _ => new BrokenTlsBackend { Priority = _ => TlsBackendContract.DefaultPriority }),
        new("says that it offers nothing", "describes what it offers under the default priority string",
            _ => new BrokenTlsBackend { Description = description => description with { Groups = [] } }),
        new("keeps to itself what it does not know", "ignores unknown words of priority strings",
            _ => new BrokenTlsBackend { Description = description => description with { Unknown = [] } }),
        .. TlsBackendContract.Checks(_ => new BrokenTlsBackend())
            .Where(check => check.Name.StartsWith("refuses a peer", StringComparison.Ordinal))
            .Select(check => new Fault<Func<ContractContext, ITlsBackend>>($"hardly {check.Name}", check.Name, Believing)),
        new("throws what it likes", "refuses a peer that talks nonsense", Translating(_ => new NotSupportedException("HTTP"))),
        new("tells a failure in two lines", "refuses a peer that answers with an alert",
            Translating(_ => new TlsHandshakeException("a\nb"))),
        new("closes when it fails", "refuses a peer that answers with an alert", _ => new BrokenTlsBackend
        {
            HandshakeAsync = async (sound, stream, token) =>
            {
                await using (stream)
                {
                    return await sound(stream, token);
                }
            },
        }),
        new("waits for a peer that is gone", "ends a handshake that the peer breaks off, at each step", _ => new BrokenTlsBackend
        {
            HandshakeAsync = async (sound, stream, token) =>
            {
                try
                {
                    return await sound(stream, token);
                }
                catch (Exception e) when (e is IOException or TlsHandshakeException)
                {
                    await _never;
                    throw;
                }
            },
        }),
        new("ignores cancellation", "stops a handshake when cancelled, at each step",
            _ => new BrokenTlsBackend { HandshakeAsync = (sound, stream, _) => sound(stream, CancellationToken.None).AsTask() }),
        new("takes cancellation for a failure", "stops a handshake when cancelled, at each step",
            Translating(e => e is OperationCanceledException ? new IOException("closed") : e)),
        new("makes one handshake at a time", "makes many handshakes at once", OneAtATime),
        new("takes a part of a record for the whole", "reads from a connection that gives a byte at a time", _ => new BrokenTlsBackend
        {
            HandshakeAsync = async (sound, stream, token) => await sound(new PickyStream(stream), token),
        }),
        new("logs what it sends", "shows no secret", context => new BrokenTlsBackend
        {
            Session = session => new BrokenTlsSession(session)
            {
                Data = data =>
                {
                    ContractTests.Log(context, Encoding.ASCII.GetString(data.Span));
                    return data;
                },
            },
        }),
        new("closes at its end", "leaves the connection open, which is the server's", _ => new BrokenTlsBackend
        {
            HandshakeAsync = async (sound, stream, token)
                => new BrokenTlsSession(await sound(stream, token)) { Disposed = stream.Dispose },
        }),
        new("blocks its thread", "waits for the peer to go without holding the thread", Session(session => new BrokenTlsSession(session)
        {
            WaitForPeerClose = token =>
            {
                token.WaitHandle.WaitOne();
                return Task.FromCanceled(token);
            },
        })),
        new("throws what it likes when it sends", "fails with an IOException when it sends to a peer that is gone",
            Session(session => new BrokenTlsSession(session)
            {
                Write = async (data, token) =>
                {
                    try
                    {
                        await session.WriteAsync(data, token);
                    }
                    catch (IOException e)
                    {
                        throw new InvalidOperationException("gone", e);
                    }
                },
            })),
        new("sends at any price", "stops sending when cancelled", Session(session => new BrokenTlsSession(session)
        {
            Write = (data, _) => session.WriteAsync(data, CancellationToken.None),
        })),
        new("makes up a key", "sends a secret", Session(session => new BrokenTlsSession(session)
        {
            PeerKey = session.PeerKey with { Encoded = new byte[] { 1 } },
        })),
        new("mistakes the kind of key", "sends a secret", Session(session => new BrokenTlsSession(session)
        {
            PeerKey = session.PeerKey with { Type = PeerKeyType.OpenPgp },
        })),
        new("describes nothing", "sends a secret", Session(session => new BrokenTlsSession(session) { Description = "" })),
        new("garbles", "sends a secret",
            Session(session => new BrokenTlsSession(session) { Data = data => new byte[data.Length] })),
        new("sends no close_notify", "sends a secret",
            Session(session => new BrokenTlsSession(session) { SendsCloseNotify = false })),
        new("needs something to send", "sends an empty secret",
            Session(session => new BrokenTlsSession(session)
            {
                Data = data => data.Length > 0 ? data : throw new ArgumentException("empty"),
            })),
        new("sends one record only", "sends a secret of a megabyte",
            Session(session => new BrokenTlsSession(session) { Data = data => data[..Math.Min(data.Length, 16384)] })),
        new("takes a waiting peer for gone", "goes on after a cancelled wait for the peer",
            Session(session => new BrokenTlsSession(session) { WaitForPeerClose = _ => Task.CompletedTask })),
        new("cannot stop waiting", "goes on after a cancelled wait for the peer",
            Session(session => new BrokenTlsSession(session) { WaitForPeerClose = _ => _never })),
        new("does not see the peer go", "notices that the peer is gone", Session(session => new BrokenTlsSession(session)
        {
            WaitForPeerClose = token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token),
        })),
    ];

    [Fact]
    public async Task Check_OtherPeer_Passes()
    {
        var checks = TlsBackendContract.Checks(_ => new BrokenTlsBackend(), () => new TestPeer());

        await ContractTests.PassesAsync(checks, "sends a secret");
    }

    public static IReadOnlyList<Fault<Func<ContractContext, ITlsBackend>>> AllFaults => _faults;

    public static ITlsBackend Sound(ContractContext context) => new BrokenTlsBackend();

    public static IReadOnlyList<PluginCheck> ChecksOf(Func<ContractContext, ITlsBackend> create, ContractLimits? limits)
        => TlsBackendContract.Checks(
            create, limits: limits is null ? null : new ContractLimits { Stop = TimeSpan.FromSeconds(1) }); // a handshake takes its time

    private static Func<ContractContext, ITlsBackend> Session(Func<ITlsSession, ITlsSession> session)
        => _ => new BrokenTlsBackend { Session = session };

    private static Func<ContractContext, ITlsBackend> Translating(Func<Exception, Exception> translate) => _ => new BrokenTlsBackend
    {
        HandshakeAsync = async (sound, stream, token) =>
        {
            try
            {
                return await sound(stream, token);
            }
            catch (Exception e)
            {
                throw translate(e);
            }
        },
    };

    private static BrokenTlsBackend Believing(ContractContext context) => new()
    {
        HandshakeAsync = async (sound, stream, token) =>
        {
            try
            {
                return await sound(stream, token);
            }
            catch (Exception e) when (e is IOException or TlsHandshakeException)
            {
                return new BelievedSession();
            }
        },
    };

    private static BrokenTlsBackend OneAtATime(ContractContext context)
    {
        int running = 0;
        return new BrokenTlsBackend
        {
            HandshakeAsync = async (sound, stream, token) =>
            {
                if (Interlocked.Increment(ref running) > 1)
                {
                    throw new InvalidOperationException("another handshake is being made");
                }

                ITlsSession session = await sound(stream, token);
                Interlocked.Decrement(ref running);
                return session;
            },
        };
    }

    /// <summary>Takes it for a failure if less comes than the header of a record.</summary>
    private sealed class PickyStream(Stream inner) : WatchedStream(inner)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await base.ReadAsync(buffer, cancellationToken);
            return buffer.Length < 5 || count is 0 or >= 5 ? count : throw new IOException("short record");
        }
    }

    private sealed class BelievedSession : ITlsSession
    {
        public PeerKey PeerKey { get; } = new(PeerKeyType.RawPublicKey, default);

        public string Description => "nonsense";

        public ValueTask WaitForPeerCloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public void Dispose()
        {
        }
    }
}
