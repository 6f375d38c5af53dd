using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Mandos.WebControl.Unix;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Mandos.WebControl.Serving;

/// <summary>One place at which the surface listens: a Kestrel of its own, so that no place takes connections away from another.</summary>
internal sealed class WebListener : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly Func<HttpContext, Task> _answer;
    private readonly string _name;
    private readonly TimeProvider _time;

    private WebListener(
        string name, Action<KestrelServerOptions> listen, Func<EndPoint, Socket> bind, Func<HttpContext, Task> answer, TimeProvider time)
    {
        (_name, _answer, _time) = (name, answer, time);
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = new Services() };
        options.Limits.MaxRequestLineSize = WebLimits.RequestLineBytes;
        options.Limits.MaxRequestHeadersTotalSize = WebLimits.HeaderBytes;
        options.Limits.MaxRequestHeaderCount = WebLimits.Headers;
        options.Limits.MaxRequestBodySize = WebLimits.RefusedBodyBytes;
        options.Limits.RequestHeadersTimeout = WebLimits.HeaderTime;
        options.Limits.KeepAliveTimeout = WebLimits.IdleTime;
        options.Limits.MinRequestBodyDataRate = WebLimits.BodyRate;
        options.Limits.MinResponseDataRate = WebLimits.AnswerRate;
        listen(options);
        var transport = new SocketTransportOptions { CreateBoundListenSocket = bind, IOQueueCount = 0 };
        _server = new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(transport), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>Listens at a Unix socket. Each request has the <see cref="PeerCredentials"/> of who sent it, as a <see cref="UnixPeer"/>.</summary>
    public static WebListener AtSocket(SocketFile file, Func<HttpContext, Task> answer, TimeProvider time) => new(
        $"socket {file.Path}",
        options =>
        {
            options.Limits.MaxConcurrentConnections = WebLimits.SocketConnections;
            options.ListenUnixSocket(file.Path, static listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(static next => async connection =>
                {
                    Socket socket = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
                    connection.Features.Set(new UnixPeer(PeerCredentials.Of(socket)));
                    await next(connection).ConfigureAwait(false);
                });
            });
        },
        _ => file.Bind(),
        answer,
        time);

    /// <summary>Listens on TCP, without TLS.</summary>
    public static WebListener AtPort(IPEndPoint endPoint, Func<HttpContext, Task> answer, TimeProvider time) => new(
        $"{endPoint}",
        options => options.Listen(endPoint, static listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            LimitPlaces(listen);
        }),
        SocketTransportOptions.CreateDefaultBoundListenSocket,
        answer,
        time);

    /// <summary>Listens on TCP, with TLS.</summary>
    public static WebListener AtPort(IPEndPoint endPoint, TlsHandshakeCallbackOptions tls, Func<HttpContext, Task> answer, TimeProvider time) => new(
        $"{endPoint}",
        options => options.Listen(endPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            LimitPlaces(listen); // before anything is computed
            listen.UseHttps(tls);
        }),
        SocketTransportOptions.CreateDefaultBoundListenSocket,
        answer,
        time);

    private static void LimitPlaces(ListenOptions listen)
    {
        var places = new PortPlaces();
        listen.Use(next => async connection =>
        {
            using PortPlace? place = places.Take(Place.Of(((IPEndPoint)connection.RemoteEndPoint!).Address), connection.Abort);
            if (place is null)
            {
                connection.Abort();
                return;
            }

            connection.Features.Set(place);
            await next(connection).ConfigureAwait(false);
        });
    }

    /// <summary>Starts to listen.</summary>
    /// <exception cref="IOException">It cannot listen there; one line says why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _server.StartAsync(new Application(_answer), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new IOException(e is IOException && e.Message.StartsWith("socket ", StringComparison.Ordinal) ? e.Message
                : $"cannot listen at {_name}: {(e.InnerException ?? e).Message}");
        }
    }

    /// <summary>Stops listening, and breaks off what does not end within <see cref="WebLimits.FarewellTime"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(WebLimits.FarewellTime, _time);
        try
        {
            await _server.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was broken off.
        }

        _server.Dispose();
    }

    /// <summary>What Kestrel asks for of its surroundings.</summary>
    private sealed class Services : IServiceProvider
    {
        /// <remarks>For TLS it demands a class of its own that is not public, and counts handshakes.</remarks>
        public object? GetService(Type serviceType) => serviceType == typeof(ILoggerFactory) ? NullLoggerFactory.Instance
            : serviceType.Name == "KestrelMetrics" ? Activator.CreateInstance(serviceType, new Meters())
            : null;
    }

    /// <summary>Makes meters at which nobody need look.</summary>
    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }

    private sealed class Application(Func<HttpContext, Task> answer) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => answer(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
