using System.Composition;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;

namespace Mandos.ApprovalsJson;

/// <summary>
/// Writes each request for approval, and how connections end, as a line of JSON to the file that the setting <c>file</c> names, by
/// default <c>approvals.jsonl</c> in the state directory. Another program can follow the file and tell a person.
/// </summary>
[ExportControlSurface("approvals-json", Settings = [FileSetting])]
public sealed partial class ApprovalsSurface : IControlSurface
{
    private const string FileSetting = "file";

    // A few weeks of a busy server. The file before it is kept too.
    private const long MaxFileLength = 10 * 1024 * 1024;

    private readonly string _file;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <summary>Reads the settings and does nothing else.</summary>
    /// <param name="context">What the server gives to the plugin.</param>
    /// <exception cref="PluginSettingException">The setting is no absolute path.</exception>
    [ImportingConstructor]
    public ApprovalsSurface(IPluginContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _timeProvider = context.TimeProvider;
        _logger = context.Logger;
        _file = context.Settings.GetValueOrDefault(FileSetting) ?? Path.Combine(context.StateDirectory, "approvals.jsonl");
        if (!Path.IsPathFullyQualified(_file))
        {
            throw new PluginSettingException(FileSetting, "has to be an absolute path, such as /var/lib/mandos/approvals.jsonl");
        }
    }

    /// <inheritdoc/>
    /// <remarks>If the file cannot be written it throws: the server logs that, and runs it again later.</remarks>
    public async Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        LineFile file = await LineFile.OpenAsync(_file, MaxFileLength).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    await FollowAsync(server, file, cancellationToken).ConfigureAwait(false);
                    break;
                }
                catch (SubscriptionOverflowException)
                {
                    LogLost(_file);
                    var line = ApprovalLine.Lost(_timeProvider.GetUtcNow());
                    await file.WriteAsync(line.ToUtf8(), cancellationToken).ConfigureAwait(false);
                }
            }

            // The server stops, and will cancel.
            await Task.Delay(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(IMandosServer server, LineFile file, CancellationToken cancellationToken)
    {
        using ServerSubscription subscription = await server.SubscribeAsync(cancellationToken).ConfigureAwait(false);
        await foreach (ServerEvent next in subscription.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (ApprovalLine.Of(next, _timeProvider.GetUtcNow()) is { } line)
            {
                await file.WriteAsync(line.ToUtf8(), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
