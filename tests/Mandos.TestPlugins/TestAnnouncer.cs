using System.Composition;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Plugins;

namespace Mandos.TestPlugins;

/// <summary>
/// An announcer that appends JSON lines to the file that the environment variable <c>MANDOS_TEST_ANNOUNCER</c> names: what it was told to
/// announce, and <c>{"withdrawn":true}</c> at the end. Without the variable it does nothing.
/// </summary>
[ExportAnnouncer("test-announcer")]
public sealed class TestAnnouncer : IAnnouncer
{
    private readonly TimeProvider _timeProvider;

    [ImportingConstructor]
    public TestAnnouncer(IPluginContext context) => _timeProvider = context.TimeProvider;

    public async Task RunAsync(ServiceDescription service, IProgress<string> announced, CancellationToken cancellationToken)
    {
        var file = Environment.GetEnvironmentVariable("MANDOS_TEST_ANNOUNCER");
        if (file is not null)
        {
            await AppendAsync(file, JsonSerializer.SerializeToNode(service, TestKit.Control.TestControlJson.Options)!.AsObject());
            announced.Report(service.Name);
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
        }
        finally
        {
            if (file is not null)
            {
                await AppendAsync(file, new() { ["withdrawn"] = true });
            }
        }
    }

    // Not cancelled: the last line is written because of the cancellation.
    private static Task AppendAsync(string file, JsonObject line) => File.AppendAllTextAsync(file, line.ToJsonString() + "\n", CancellationToken.None);
}
