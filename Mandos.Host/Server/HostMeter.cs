using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mandos.Host.Auditing;
using Mandos.Host.CommandLine;
using Mandos.Host.Listening;
using Mandos.Host.Plugins;

namespace Mandos.Host.Server;

/// <summary>The metrics of the server around the engine; docs/metrics.md lists them. All are looked up when somebody reads them.</summary>
internal sealed class HostMeter : IDisposable
{
    /// <summary>The name by which programs find the metrics.</summary>
    public const string Name = "Mandos.Host";

    private readonly Meter _meter;

    /// <param name="places">Where connections are accepted.</param>
    /// <param name="plugins">The plugins.</param>
    /// <param name="audit">The audit log; null for none.</param>
    public HostMeter(ListenPlaces places, PluginCatalog plugins, AuditLog? audit)
    {
        _meter = new Meter(new MeterOptions(Name) { Scope = this });
        _meter.CreateObservableUpDownCounter(
            "mandos.build_info", static () => new Measurement<int>(1, new KeyValuePair<string, object?>("mandos.version", CommandLineParser.Version)),
            null, "Always 1, with the version of the server");
        _meter.CreateObservableUpDownCounter(
            "mandos.listeners", () => places.EndPoints.Count, "{listener}", "Sockets on which clients are accepted now");
        _meter.CreateObservableUpDownCounter(
            "mandos.plugins", () => plugins.Plugins.Select(static plugin => new Measurement<int>(
                1, new("mandos.plugin", plugin.Name), new("mandos.state", Describe(plugin.State)))),
            "{plugin}", "Plugins that were found, each by its state now");
        _meter.CreateObservableCounter("process.cpu", static () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "CPU time of the server");
        _meter.CreateObservableUpDownCounter("process.resident_memory", static () => Environment.WorkingSet, "By", "Resident memory of the server");
        var start = new Lazy<double>(StartTime); // the assembly that knows it is loaded only where metrics are read
        _meter.CreateObservableGauge("process.start_time", () => start.Value, "s", "When the server was started, in seconds since 1970");
        if (audit is not null)
        {
            _meter.CreateObservableCounter(
                "mandos.audit.lost", () => audit.LostRecords, "{record}", "Records of connections and commands that the audit log has lost");
            _meter.CreateObservableUpDownCounter(
                "mandos.audit.waiting", () => audit.WaitingRecords, "{record}", "Records that wait to be written to the audit log");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static double StartTime()
    {
        using var self = Process.GetCurrentProcess();
        return (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }

    private static string Describe(PluginState state) => state == PluginState.NotSupported ? "not supported" : state.ToString().ToLowerInvariant();
}
