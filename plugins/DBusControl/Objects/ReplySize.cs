using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Objects;

/// <summary>
/// Says how large a reply about all clients would be at most, before it is written. dbus-daemon's system bus disconnects a sender of more
/// than 32 MiB in one message.
/// </summary>
internal static class ReplySize
{
    /// <summary>Length and NUL of a text.</summary>
    private const int TextOverhead = sizeof(uint) + 1;

    /// <summary>Signature of a variant that holds a basic type: length, letter and NUL.</summary>
    private const int VariantOverhead = 3;

    /// <summary>An IPv6 address with an IPv4 one in it, and the number of an interface.</summary>
    private const int MaxAddressLength = 45 + 11;

    /// <summary>The widest alignment (D-Bus Specification, "Summary of D-Bus marshalling").</summary>
    private const int MaxAlignment = 8;

    /// <summary>Length of an array, with all its padding.</summary>
    private const int ArrayOverhead = sizeof(uint) + (2 * (MaxAlignment - 1));

    /// <summary>The names of the interfaces in the list of managed objects.</summary>
    private static readonly int _interfaceNames = new[] { Names.Client, Names.OldClient, Names.ClientExtension, Names.Introspectable, Names.Properties }
        .Sum(static name => TextOverhead + name.Length + MaxAlignment);

    /// <summary>What a client takes in a list of paths.</summary>
    public static int OfPath(string path, ClientSnapshot client) => TextOverhead + path.Length + MaxAlignment;

    /// <summary>What a client takes in the introspection of its parent.</summary>
    public static int OfNode(string path, ClientSnapshot client) => path.Length + Introspection.NodeOverhead;

    /// <summary>What a client takes in GetAllClientsWithProperties.</summary>
    public static int OfProperties(string path, ClientSnapshot client) => OfPath(path, client) + Of(path, client, ClientProperties.Readable);

    /// <summary>What a client takes in GetClients.</summary>
    public static int OfAll(string path, ClientSnapshot client) => OfProperties(path, client) + Of(path, client, ClientProperties.Extensions);

    /// <summary>What a client takes in GetManagedObjects.</summary>
    public static int OfManagedObject(string path, ClientSnapshot client)
        => OfPath(path, client) + _interfaceNames + (3 * ArrayOverhead)
            + (2 * Of(path, client, ClientProperties.Readable)) + Of(path, client, ClientProperties.Extensions);

    /// <summary>What the requests that wait for a client take in GetRequests.</summary>
    public static int OfRequests(string path, ClientSnapshot client)
        => client.Requests.Sum(request => (2 * MaxAlignment) + sizeof(ulong) + OfPath(path, client) + SafeText.Length(client.Name) + MaxAddressLength
            + SafeText.Length(request.KeyId) + TimeText.MaxLength + (4 * (TextOverhead + sizeof(uint))));

    private static int Of(string path, ClientSnapshot client, IReadOnlyList<ClientPropertyInfo> properties)
    {
        int size = ArrayOverhead;
        foreach (ClientPropertyInfo property in properties)
        {
            // An entry begins at a multiple of eight, so where its parts lie is known.
            int value = TextOverhead + property.Utf8Name.Length + VariantOverhead;
            int end = property.Signature switch
            {
                "t" => Align(value, sizeof(ulong)) + sizeof(ulong),
                "b" or "n" => Align(value, sizeof(uint)) + sizeof(uint),
                _ => Align(value, sizeof(uint)) + TextOverhead + property.TextLength!(path, client),
            };
            size += Align(end, MaxAlignment);
        }

        return size;
    }

    private static int Align(int position, int alignment) => (position + alignment - 1) & -alignment;

    /// <summary>Sees that a reply about all clients is not too large.</summary>
    /// <param name="clients">The clients.</param>
    /// <param name="size">What each takes at most.</param>
    /// <param name="instead">What the caller can do instead.</param>
    /// <exception cref="CallException">It is.</exception>
    public static void Check(IEnumerable<KeyValuePair<string, ClientSnapshot>> clients, Func<string, ClientSnapshot, int> size, string instead)
    {
        long sum = 0;
        foreach ((string path, ClientSnapshot client) in clients)
        {
            sum += size(path, client);
            if (sum > DBusLimits.ReplyBytes)
            {
                throw new CallException(BusErrors.LimitsExceeded, string.Create(
                    CultureInfo.InvariantCulture,
                    $"the answer, for {clients.Count()} clients, would be larger than the {DBusLimits.MessageBytes >> 20} MiB that a bus allows; {instead}"));
            }
        }
    }

    /// <summary>Sees that a reply about all that is kept is not too large.</summary>
    /// <exception cref="CallException">It is.</exception>
    public static void Check(IReadOnlyList<KeptClient> kept)
    {
        const int others = 64 + 40 + 10 + TimeText.MaxLength + (4 * (TextOverhead + MaxAlignment)); // key ID, fingerprint, state, time
        if (kept.Sum(static client => (long)SafeText.Length(client.Name) + TextOverhead + (2 * MaxAlignment) + others) > DBusLimits.ReplyBytes)
        {
            throw new CallException(BusErrors.LimitsExceeded, string.Create(
                CultureInfo.InvariantCulture,
                $"the answer, for {kept.Count} that are kept, would be larger than the {DBusLimits.MessageBytes >> 20} MiB that a bus allows; forget some"));
        }
    }
}
