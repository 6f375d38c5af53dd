using System.Composition;
using System.Net.Sockets;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;

namespace Mandos.TestPlugins;

/// <summary>
/// A control surface for tests: JSON lines over the Unix socket that the environment variable <c>MANDOS_TEST_CONTROL</c> names. Without the
/// variable it does nothing.
/// </summary>
[ExportControlSurface("test-control")]
public sealed class TestControlSurface : IControlSurface
{
    private readonly TimeProvider _timeProvider;

    [ImportingConstructor]
    public TestControlSurface(IPluginContext context) => _timeProvider = context.TimeProvider;

    public async Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
    {
        var path = Environment.GetEnvironmentVariable("MANDOS_TEST_CONTROL");
        if (Environment.GetEnvironmentVariable("MANDOS_TEST_STUBBORN") is not null)
        {
            cancellationToken = CancellationToken.None; // it does not stop when it should
        }

        if (path is null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
            return;
        }

        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        List<Task> sessions = [];
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(cancellationToken);
                sessions.RemoveAll(session => session.IsCompleted);
                sessions.Add(TestControlSession.RunAsync(socket, server, cancellationToken));
            }
        }
        finally
        {
            await Task.WhenAll(sessions);
            File.Delete(path);
        }
    }
}
