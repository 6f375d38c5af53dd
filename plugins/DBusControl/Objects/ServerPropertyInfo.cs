using Mandos.Abstractions.Control;
using Mandos.DBus;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Objects;

/// <summary>A property of the server; all of them can only be read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Signature">The D-Bus type of its value.</param>
/// <param name="EmitsChangedSignal">Value of the annotation org.freedesktop.DBus.Property.EmitsChangedSignal.</param>
/// <param name="Write">Writes its value, given the number of clients, as a variant.</param>
internal sealed record ServerPropertyInfo(
    string Name, string Signature, string EmitsChangedSignal, Action<MessageWriter, ServerInfo, int> Write)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ServerPropertyInfo> All { get; } =
    [
        new("Address", "as", "false", static (writer, info, _) => writer.WriteVariant(
            VariantValue.ArrayOfString([.. info.EndPoints.Select(static endPoint => endPoint.ToString())]))),
        new("ClientCount", "u", "false", static (writer, _, count) => writer.WriteVariantUInt32((uint)count)),
        new("Plugins", "a(sss)", "false", static (writer, info, _) => writer.WriteVariant(
            VariantValue.Array("(sss)", [.. info.Plugins.Select(ToStruct)]))),
        new("Port", "q", "false", static (writer, info, _) => writer.WriteVariantUInt16(
            (ushort)(info.EndPoints is [{ } first, ..] ? first.Port : 0))),
        new("ServiceName", "s", "false", static (writer, info, _) => writer.WriteVariantString(SafeText.Of(info.ServiceName))),
        new("StateProblem", "s", "false", static (writer, info, _) => writer.WriteVariantString(SafeText.Of(info.StateProblem ?? ""))),
        new("Version", "s", "const", static (writer, info, _) => writer.WriteVariantString(SafeText.Of(info.Version))),
    ];

    private static VariantValue ToStruct(PluginInfo plugin) => VariantValue.Struct(
        VariantValue.String(SafeText.Of(plugin.Name)),
        VariantValue.String(SafeText.Of(plugin.Version ?? "")),
        VariantValue.String(SafeText.Of(plugin.State)));
}
