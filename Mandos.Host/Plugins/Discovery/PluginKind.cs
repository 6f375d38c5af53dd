using System.Composition;
using System.Composition.Hosting;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Plugins;
using Mandos.Abstractions.Tls;

namespace Mandos.Host.Plugins.Discovery;

/// <summary>What a plugin can be.</summary>
internal abstract class PluginKind
{
    /// <summary>Announcers, all of which <c>zeroconf</c> switches off.</summary>
    public static readonly PluginKind Announcer =
        new PluginKind<IAnnouncer>("announcer", typeof(ExportAnnouncerAttribute), "AvahiAnnouncer");

    /// <summary>Control surfaces, one of which is D-Bus.</summary>
    public static readonly PluginKind ControlSurface =
        new PluginKind<IControlSurface>("control surface", typeof(ExportControlSurfaceAttribute), "DBusControl");

    /// <summary>Every kind of this contract version.</summary>
    public static readonly IReadOnlyList<PluginKind> All =
    [
        new PluginKind<ITlsBackend>("TLS back end", typeof(ExportTlsBackendAttribute), "TlsBouncy") { ChoiceKey = "tls" },
        new PluginKind<IStateStore>("state store", typeof(ExportStateStoreAttribute), "StateSqlite") { ChoiceKey = "store" },
        new PluginKind<IChecker>("checker", typeof(ExportCheckerAttribute), "CheckerFping"),
        Announcer,
        ControlSurface,
    ];

    private protected PluginKind(string name, Type contract, Type attribute, string defaultPlugin)
        => (Name, Contract, Attribute, DefaultPlugin) = (name, contract, attribute, defaultPlugin);

    /// <summary>What people call it.</summary>
    public string Name { get; }

    /// <summary>The interface that it implements.</summary>
    public Type Contract { get; }

    /// <summary>The attribute by which it is exported.</summary>
    public Type Attribute { get; }

    /// <summary>The plugin of this kind that comes with the server.</summary>
    public string DefaultPlugin { get; }

    /// <summary>
    /// The key of <c>plugins.yaml</c> that chooses one export of a kind of which the server needs exactly one; null for the other kinds.
    /// </summary>
    public string? ChoiceKey { get; private protected init; }

    /// <summary>The kind of an interface.</summary>
    /// <typeparam name="T">The <see cref="Contract"/> of one of them.</typeparam>
    public static PluginKind Of<T>() => All.Single(kind => kind.Contract == typeof(T));

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Finds what a composition exports of this kind.</summary>
    /// <param name="composition">The composition of one plugin.</param>
    /// <returns>An <see cref="ExportFactory{T, TMetadata}"/> of <see cref="Contract"/> and <see cref="PluginMetadata"/> by export name.</returns>
    /// <exception cref="CompositionFailedException">An exported class imports what the server does not give.</exception>
    public abstract IReadOnlyDictionary<string, object> FindFactories(CompositionHost composition);
}

/// <inheritdoc/>
/// <typeparam name="T"><see cref="PluginKind.Contract"/></typeparam>
internal sealed class PluginKind<T>(string name, Type attribute, string defaultPlugin)
    : PluginKind(name, typeof(T), attribute, defaultPlugin)
{
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> FindFactories(CompositionHost composition)
        => composition.GetExports<ExportFactory<T, PluginMetadata>>().ToDictionary(f => f.Metadata.Name, object (f) => f);
}
