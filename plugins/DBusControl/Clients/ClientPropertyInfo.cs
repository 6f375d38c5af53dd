using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Clients;

/// <summary>One property of an interface of a client.</summary>
/// <param name="name">Its name.</param>
/// <param name="signature">The D-Bus type of its value.</param>
internal sealed class ClientPropertyInfo(string name, string signature)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Its name in UTF-8.</summary>
    public ReadOnlyMemory<byte> Utf8Name { get; } = Encoding.UTF8.GetBytes(name);

    /// <summary>Whether Debian's server does not have it, so that it is on <see cref="Names.ClientExtension"/>.</summary>
    public bool IsExtension { get => field || Change is ClientSetting { IsExtension: true }; init; }

    /// <summary>The D-Bus type of its value.</summary>
    public string Signature { get; } = signature;

    /// <summary>Writes its value; null if it cannot be read.</summary>
    public PropertyWriter? Write { get; init; }

    /// <summary>How many bytes its value takes at most, for a client with an object path; null if it is no text.</summary>
    public Func<string, ClientSnapshot, int>? TextLength { get; init; }

    /// <summary>Makes of a value what sets it, for one client or for many; null if it cannot be set for many at once.</summary>
    /// <exception cref="CallException">It is no value for the property.</exception>
    public Func<VariantValue, ClientAction>? Act { get; init; }

    /// <summary>Makes the command that sets it; null if it cannot be set.</summary>
    public PropertySetter? Set
    {
        get => field ?? (Act is { } act ? value => act(value).CarryOutAsync : null);
        init;
    }

    /// <summary>The value as far as it counts for telling whether it has changed; null for what never changes.</summary>
    public Func<ClientSnapshot, object?>? Value { get; init; }

    /// <summary>What of a change it is; null for what never changes.</summary>
    public ClientProperty? Change { get; init; }

    /// <summary>Value of the annotation org.freedesktop.DBus.Property.EmitsChangedSignal; null for the default.</summary>
    public string? EmitsChangedSignal { get; init; }

    /// <summary>Whether it is deprecated.</summary>
    public bool Deprecated { get; init; }
}
