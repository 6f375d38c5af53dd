using System.Composition;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.WebControl.Access;
using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Metrics;
using Mandos.WebControl.Pages;
using Mandos.WebControl.Serving;
using Mandos.WebControl.Settings;
using Mandos.WebControl.Unix;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl;

/// <summary>The server on the web: an API for programs over HTTP, at a Unix socket and wherever else the settings say.</summary>
[ExportControlSurface(
    Caller.Surface,
    OnlyIfChosen = true,
    Settings =
    [
        WebSettings.SocketName, WebSettings.SocketGroupName, WebSettings.ListenName, WebSettings.CertificateName, WebSettings.KeyName,
        WebSettings.ClientCertificatesName, WebSettings.HostsName, WebSettings.TrustedUserHeaderName, WebSettings.MetricsName,
    ])]
public sealed partial class WebSurface : IControlSurface
{
    private readonly IPluginContext _context;
    private readonly WebSettings _settings;
    private readonly SocketFile _socket;

    /// <summary>The tokens, once they could be read. One that was revoked, and whose revocation is not on disk, must not come back when the surface runs again.</summary>
    private TokenStore? _tokens;

    /// <summary>Makes a surface that listens nowhere yet.</summary>
    /// <param name="context">What the server gives.</param>
    /// <exception cref="PluginSettingException">A setting is wrong.</exception>
    [ImportingConstructor]
    public WebSurface(IPluginContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        WebSettings settings = WebSettings.Read(context.Settings);
        // Under trial nothing is real, and nobody may see it.
        _settings = context.IsTrial
            ? settings with { Socket = Path.Join(context.StateDirectory, "web.sock"), Listen = null, Metrics = null }
            : settings;
        _socket = new SocketFile(_settings.Socket, _settings.SocketGroup, _settings.IsGroupRequired);
    }

    /// <inheritdoc/>
    public async Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        cancellationToken.ThrowIfCancellationRequested();
        var watch = new ServerWatch(server, _context.TimeProvider);
        using MetricsCollector? metrics = _settings.Metrics is null ? null : new MetricsCollector(_context.TimeProvider);
        List<WebListener> listeners = [];
        try
        {
            await foreach (WebListener listener in ListenAsync(server, watch, metrics, cancellationToken).ConfigureAwait(false))
            {
                listeners.Add(listener);
            }

            LogServing(_context.Logger, _settings.Socket);
            await watch.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll(listeners.Select(static listener => listener.DisposeAsync().AsTask())).ConfigureAwait(false);
            _socket.Clear();
        }
    }

    /// <summary>Starts each listener that the settings ask for.</summary>
    private async IAsyncEnumerable<WebListener> ListenAsync(
        IMandosServer server, ServerWatch watch, MetricsCollector? collector, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeProvider time = _context.TimeProvider;
        IReadOnlyList<Route> everywhere = MetricsRoutes.Everywhere(server, _context);
        TokenStore tokens = _tokens ??= new TokenStore(new TokenFile(_context.StateDirectory), time);
        var atSocket = new SocketDoorkeeper(new SameSite(_settings.Hosts, isProxied: true), _settings.TrustedUserHeader);
        yield return await StartAsync(WebListener.AtSocket(_socket, Answer(atSocket, MakeRoutes()), time)).ConfigureAwait(false);
        if (_settings.Listen is { } listen)
        {
            ClientCertificates? certificates = _settings.ClientCertificates is { } file ? new(new(WebSettings.ClientCertificatesName, file), _context.Logger) : null;
            var certificate = new ServerCertificate(
                new(WebSettings.CertificateName, _settings.Certificate!), new(WebSettings.KeyName, _settings.Key!), certificates, _context.Logger);
            var sessions = new Sessions(tokens, time);
            var onTcp = new TcpDoorkeeper(new SameSite(_settings.Hosts, isProxied: false), tokens, sessions, certificates, time, _context.Logger);
            Func<HttpContext, Task> answer = Answer(onTcp, [.. MakeRoutes(), .. new SignInPage(onTcp, sessions).Routes]);
            yield return await StartAsync(WebListener.AtPort(listen, certificate.Options, answer, time)).ConfigureAwait(false);
        }

        if (collector is not null && _settings.Metrics is { } metrics)
        {
            IReadOnlyList<Route> atMetrics = [.. everywhere, .. MetricsRoutes.AtMetricsListener(collector, _context)];
            yield return await StartAsync(WebListener.AtPort(metrics, Answer(new OpenDoorkeeper(), atMetrics), time)).ConfigureAwait(false);
        }

        // Each listener has its own, so that lists and streams which are read on TCP take none away from the socket.
        IReadOnlyList<Route> MakeRoutes()
        {
            var lists = new ClientLists(server);
            return
            [
                .. everywhere, .. new ApiRoutes(server, lists, watch, time).All, .. new TokenRoutes(tokens, _context.Logger).All,
                .. PageRoutes.Of(server, lists, watch, time),
            ];
        }

        async Task<WebListener> StartAsync(WebListener listener)
        {
            try
            {
                await listener.StartAsync(cancellationToken).ConfigureAwait(false);
                return listener;
            }
            catch
            {
                await listener.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        Func<HttpContext, Task> Answer(IDoorkeeper doorkeeper, IReadOnlyList<Route> routes)
            => new Dispatcher(doorkeeper, new Routes(routes), new ProblemPage(), _context.Logger, cancellationToken).AnswerAsync;
    }
}
