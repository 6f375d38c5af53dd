using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.DBus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Objects;

/// <summary>
/// Says how large a reply about all clients would be at most, before it is written. dbus-daemon's system bus disconnects who sends more than
/// 32 MiB in one message.
/// </summary>
internal static class ReplySize
{
    /// <summary>The largest reply: what the bus allows, less room for the header.</summary>
    public const long Limit = BusLimit - (64 << 10);

    private const int BusLimit = 32 << 20;

    /// <summary>What a value's place takes besides its text: alignment to eight, length and NUL.</summary>
    private const int Overhead = 16;

    /// <summary>Names, types, numbers and times of the properties of a client, with all their overhead.</summary>
    private static readonly int _propertiesBase = Overhead + ClientProperties.Readable.Sum(
        static property => Overhead + property.Utf8Name.Length + Overhead + Math.Max(sizeof(ulong), TimeText.MaxLength));

    /// <summary>What a client takes in a list of paths.</summary>
    public static int OfPath(string path, ClientSnapshot client) => Overhead + path.Length;

    /// <summary>What a client takes in the introspection of its parent.</summary>
    public static int OfNode(string path, ClientSnapshot client) => path.Length + Introspection.NodeOverhead;

    /// <summary>What a client takes in GetAllClientsWithProperties.</summary>
    public static int OfProperties(string path, ClientSnapshot client)
    {
        ClientSettings settings = client.Settings;
        return _propertiesBase + (2 * (Overhead + path.Length)) + SafeText.Length(client.Name) + SafeText.Length(settings.Host)
            + SafeText.Length(settings.Checker) + SafeText.Length(settings.KeyId ?? "") + SafeText.Length(settings.Fingerprint ?? "");
    }

    /// <summary>What a client takes in GetManagedObjects.</summary>
    public static int OfManagedObject(string path, ClientSnapshot client)
        => (2 * OfProperties(path, client)) + InterfaceNames;

    private const int InterfaceNames = 300;

    /// <summary>Sees that a reply about all clients is not too large.</summary>
    /// <param name="clients">The clients.</param>
    /// <param name="size">What each takes at most.</param>
    /// <param name="instead">What the caller can do instead.</param>
    /// <exception cref="CallException">It is.</exception>
    public static void Check(ClientTable clients, Func<string, ClientSnapshot, int> size, string instead)
    {
        long sum = 0;
        foreach ((string path, ClientSnapshot client) in clients.All)
        {
            sum += size(path, client);
            if (sum > Limit)
            {
                throw new CallException(DBusErrors.LimitsExceeded, string.Create(
                    CultureInfo.InvariantCulture,
                    $"the answer, for {clients.Count} clients, would be larger than the {BusLimit >> 20} MiB that a bus allows; {instead}"));
            }
        }
    }
}
