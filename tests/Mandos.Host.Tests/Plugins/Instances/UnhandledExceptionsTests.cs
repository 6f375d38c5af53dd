using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Host.Logging;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Isolation;
using Mandos.Host.Plugins.Steering;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Plugins.Instances;

public sealed class UnhandledExceptionsTests : IDisposable
{
    private readonly PluginFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TryHandle_ExceptionOfPlugin_MarksItAlone()
    {
        var (catalog, handler) = Load("throw new InvalidOperationException(\"first\\nsecond\");");
        var plugin = catalog.FindByLoadContext(System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(Checker(catalog).GetType().Assembly)!);
        var fault = plugin!.NextFault;
        var changes = 0;
        catalog.Changed += () => changes++;

        Assert.True(handler.TryHandle(Catch(catalog)));

        Assert.Equal(
            [(PluginState.Malfunctioned, "unhandled exception: first second"), (PluginState.Active, null)],
            catalog.Plugins.Select(one => (one.State, one.Reason)));
        Assert.Equal(
            ["Error: Plugin Odd let an exception go on a thread of its own: first second (not logged before: 0)"], Errors);
        Assert.True(fault.IsCompleted);
        Assert.False(plugin.NextFault.IsCompleted);
        Assert.Equal(1, changes);
    }

    [Fact]
    public void TryHandle_CallbacksOfACancellation_IsThePlugins()
    {
        var (catalog, handler) = Load("throw new InvalidOperationException();");

        Assert.True(handler.TryHandle(new AggregateException(Catch(catalog), Catch(catalog))));
        Assert.False(handler.TryHandle(new AggregateException(Catch(catalog), new InvalidOperationException())));
    }

    [Fact]
    public void TryHandle_ServersCodeThatThrewToThePlugin_IsThePlugins()
    {
        // The contracts are shared, so a plugin can call into the server through them, as here into the test.
        var (catalog, handler) = Load("client.Settings.Options.GetEnumerator(); return null;");
        var client = Client(new ServersDictionary());

        Assert.True(handler.TryHandle(Assert.Throws<InvalidOperationException>(() => Checker(catalog).Prepare(client))));
    }

    [Fact]
    public void TryHandle_ServersOwnException_EndsTheProcess()
    {
        var (catalog, handler) = Load("throw new InvalidOperationException();");

        Assert.False(handler.TryHandle(Assert.ThrowsAny<Exception>(() => LogText.Escape(null!))));
        Assert.False(handler.TryHandle(new InvalidOperationException("never thrown")));
        Assert.All(catalog.Plugins, plugin => Assert.Equal(PluginState.Active, plugin.State));
        Assert.Empty(Errors);
    }

    [Fact]
    public void TryHandle_PluginCalledByServersCode_EndsTheProcess()
    {
        var (catalog, handler) = Load("throw new InvalidOperationException();");

        // The server enumerates the values, and the plugin's code makes them.
        var values = Enumerable.Range(0, 1).Select(_ => Checker(catalog).Prepare(Client()).Description);
        var exception = Assert.ThrowsAny<Exception>(() => Redaction.Hide("text", values));

        Assert.False(handler.TryHandle(exception));
    }

    [Fact]
    public void TryHandle_Flood_IsLoggedNowAndThen()
    {
        var (catalog, handler) = Load("throw new InvalidOperationException(\"again\");");
        for (var i = 0; i < 100; i++)
        {
            Assert.True(handler.TryHandle(Catch(catalog)));
        }

        Assert.Single(Errors);
        _time.Advance(PluginLimits.FaultLogPause);
        handler.TryHandle(Catch(catalog));

        Assert.Equal("Error: Plugin Odd let an exception go on a thread of its own: again (not logged before: 99)", Errors[1]);
    }

    private List<string> Errors => [.. _log.Lines.Where(line => line.StartsWith("Error: ", StringComparison.Ordinal))];

    private static ClientSnapshot Client(IReadOnlyDictionary<string, string>? options = null)
        => new() { Name = "x", Settings = options is null ? new() : new() { Options = options }, Created = default };

    private static IChecker Checker(PluginCatalog catalog) => catalog.GetExports<IChecker>()[0].Create();

    private static InvalidOperationException Catch(PluginCatalog catalog)
        => Assert.Throws<InvalidOperationException>(() => Checker(catalog).Prepare(Client()));

    private (PluginCatalog Catalog, UnhandledExceptions Handler) Load(string body)
    {
        Sources.Compile(_folder, "Odd", $"public ICheck Prepare(ClientSnapshot client) {{ {body} }}");
        Sources.Compile(_folder, "Sound", "");
        var catalog = _folder.Load();
        return (catalog, new(catalog, _time, _log));
    }

    private sealed class ServersDictionary : Dictionary<string, string>, IReadOnlyDictionary<string, string>
    {
        IEnumerator<KeyValuePair<string, string>> IEnumerable<KeyValuePair<string, string>>.GetEnumerator()
            => throw new InvalidOperationException(LogText.Escape("the server's"));
    }
}
