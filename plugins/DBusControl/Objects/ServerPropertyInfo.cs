using Mandos.Abstractions.Control;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>A property of the server; all of them can only be read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Signature">The D-Bus type of its value.</param>
/// <param name="EmitsChangedSignal">Value of the annotation org.freedesktop.DBus.Property.EmitsChangedSignal.</param>
/// <param name="Write">Writes its value, given the number of clients, as a variant.</param>
internal sealed record ServerPropertyInfo(
    string Name, string Signature, string EmitsChangedSignal, ServerPropertyWriter Write)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ServerPropertyInfo> All { get; } =
    [
        new("Address", "as", "false", static (ref writer, info, _) => writer.WriteVariant(
            VariantValue.Array(info.EndPoints.Select(static endPoint => endPoint.ToString()).ToArray()))),
        new("ClientCount", "u", "false", static (ref writer, _, count) => writer.WriteVariantUInt32((uint)count)),
        new("Plugins", "a(sss)", "false", static (ref writer, info, _) => writer.WriteVariant(
            ToVariant(info.Plugins))),
        new("Port", "q", "false", static (ref writer, info, _) => writer.WriteVariantUInt16(
            (ushort)(info.EndPoints is [{ } first, ..] ? first.Port : 0))),
        new("ServiceName", "s", "false", static (ref writer, info, _) => writer.WriteVariantString(SafeText.Of(info.ServiceName))),
        new("StateProblem", "s", "false", static (ref writer, info, _) => writer.WriteVariantString(SafeText.Of(info.StateProblem ?? ""))),
        new("Version", "s", "const", static (ref writer, info, _) => writer.WriteVariantString(SafeText.Of(info.Version))),
    ];

    private static VariantValue ToVariant(IEnumerable<PluginInfo> plugins) => new Array<Struct<string, string, string>>(plugins.Select(
        static plugin => Struct.Create(SafeText.Of(plugin.Name), SafeText.Of(plugin.Version ?? ""), SafeText.Of(plugin.State)))).AsVariantValue();
}
