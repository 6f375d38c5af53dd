using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Plugins.Trust;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Plugins;

/// <summary>A plugin directory of its own for each test.</summary>
internal sealed class PluginFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("mandos-plugins-").FullName;

    public static PluginServices Services { get; } = new()
    {
        LoggerFactory = NullLoggerFactory.Instance,
        TimeProvider = new FakeTimeProvider(),
        StateDirectory = "/var/lib/mandos",
        Owners = TrustedOwners.Current(),
    };

    /// <summary>A plugin with one faultless checker.</summary>
    public static string CheckerSource(string name, string contract = "2, 0") => $$"""
        [assembly: MandosPlugin({{contract}})]
        [ExportChecker("{{name}}")]
        public class Checker : IChecker
        {
            public ICheck Prepare(ClientSnapshot client) => throw new CheckPreparationException("{{name}} of the test");
        }
        """;

    /// <summary>The path <c>name/name.dll</c>.</summary>
    public string InFolder(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(Root, name)).FullName, $"{name}.dll");

    /// <summary>The path <c>name.dll</c>.</summary>
    public string Plain(string name) => Path.Combine(Root, $"{name}.dll");

    public PluginCatalog Load(PluginOptions? options = null) => PluginCatalog.Load(Root, Services, options);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
