using Mandos.Abstractions.Tls;
using Mandos.PluginContracts.Tls;

namespace Mandos.PluginContracts.Tests.Tls;

public sealed class TlsBackendContractTests
{
    private static readonly Task _never = new TaskCompletionSource().Task;

    private static readonly Fault<Func<ContractContext, ITlsBackend>>[] _faults =
    [
        new("cannot warm up", "warms up under the default priority string",
            _ => new BrokenTlsBackend { WarmUp = _ => throw new InvalidOperationException("no provider") }),
        new("takes any priority string", "refuses bad priority strings",
            _ => new BrokenTlsBackend { Priority = _ => TlsBackendContract.DefaultPriority }),
        new("throws what it likes", "fails a handshake with a peer that talks nonsense",
            Translating(_ => new NotSupportedException("HTTP"))),
        new("believes in nonsense", "fails a handshake with a peer that talks nonsense", Believing),
        new("throws what it likes at an alert", "fails a handshake with a peer that answers with an alert",
            Translating(_ => new InvalidOperationException("alert 40"))),
        new("tells a failure in two lines", "fails a handshake with a peer that answers with an alert",
            Translating(_ => new TlsHandshakeException("a\nb"))),
        new("waits for a peer that is gone", "fails a handshake with a peer that closes the connection",
            _ => new BrokenTlsBackend
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
        new("ignores cancellation", "stops a handshake when cancelled",
            _ => new BrokenTlsBackend { HandshakeAsync = (sound, stream, _) => sound(stream, CancellationToken.None).AsTask() }),
        new("takes cancellation for a failure", "stops a handshake when cancelled",
            Translating(e => e is OperationCanceledException ? new IOException("closed") : e)),
        new("makes one handshake at a time", "makes many handshakes at once", OneAtATime),
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

    public static TheoryData<string> Checks => ContractTests.Names(Sound());

    public static TheoryData<string> Faults => ContractTests.Names(_faults);

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Check_SoundBackend_Passes(string check) => ContractTests.PassesAsync(Sound(), check);

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Check_BackendWithFault_Fails(string fault) => ContractTests.FailsAsync(
        _faults,
        fault,
        create => TlsBackendContract.Checks(create, () => new TestPeer(), new ContractLimits { Stop = TimeSpan.FromSeconds(1) }));

    [Fact]
    public void Checks_All_CanFail() => ContractTests.Complete(Sound(), _faults);

    [Fact]
    public void Checks_NoPeer_LeaveTheExchangesOut()
        => Assert.DoesNotContain(
            TlsBackendContract.Checks(_ => new BrokenTlsBackend()), check => check.Name == "sends a secret");

    private static IReadOnlyList<PluginCheck> Sound()
        => TlsBackendContract.Checks(_ => new BrokenTlsBackend(), () => new TestPeer());

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
            catch (TlsHandshakeException)
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
