using System.Reflection;
using System.Text;
using CsCheck;
using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Mandos.Bus;
using Tmds.DBus.Protocol;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Objects;

namespace DBusControl.Tests.Objects;

/// <summary>The estimate is never less than what is written, and not far more.</summary>
public sealed class ReplySizeTests
{
    /// <summary>Of the reply; for this the limit leaves room.</summary>
    private const int Header = 200;

    private static readonly Gen<string> _texts = Gen.Frequency(
        (5, Gen.String[Gen.Char['a', 'z'], 0, 100]),
        (1, Gen.String[0, 50]),
        (1, Gen.String[Gen.Int[0, 4].Select(i => "\0\ud800\udc00☃ü"[i]), 0, 50]));

    private static readonly Gen<DateTimeOffset?> _times = Gen.OneOf(
        Gen.Const((DateTimeOffset?)null), Gen.Int[0, int.MaxValue].Select(i => (DateTimeOffset?)DateTimeOffset.UnixEpoch.AddMicroseconds(i)));

    private static readonly Gen<KeyValuePair<string, ClientSnapshot>> _clients =
        from path in Gen.String[Gen.Char['a', 'z'], 1, 60]
        from name in _texts
        from host in _texts
        from checker in _texts
        from location in _texts
        from time in _times
        from key in Gen.OneOf(Gen.Const((string?)null), Gen.Const((string?)new string('A', 64)))
        select KeyValuePair.Create("/clients/" + path, Rig.Client("x") with
        {
            Name = name,
            Expires = time,
            LastApprovalRequest = time,
            Requests = [.. new[] { "::", "::ffff:255.255.255.255", "1111:2222:3333:4444:5555:6666:7777:8888%4294967295" }
                .Select(address => Rig.Request(1, address) with { KeyId = key ?? "", Since = time ?? default })],
            Settings = new ClientSettings { Host = host, Checker = checker, Location = location, KeyId = key },
        });

    [Fact]
    public void Sizes_RandomClients_AreUpperBounds() => _clients.Array[1, 30].Sample(clients =>
    {
        var byPath = clients.DistinctBy(client => client.Key).ToDictionary();
        Compare(byPath, ReplySize.OfManagedObject, Write(byPath, "a{oa{sa{sv}}}", ClientWriter.WriteInterfaces));
        Compare(byPath, ReplySize.OfProperties, Write(byPath, "a{oa{sv}}", ClientWriter.WriteProperties));
        Compare(byPath, ReplySize.OfAll, Write(byPath, "a{oa{sv}}", ClientWriter.WriteAll));
        Compare(byPath, ReplySize.OfRequests, WriteRequests(byPath));
        Compare(byPath, ReplySize.OfPath, WritePaths(byPath.Keys));
        Compare(byPath, ReplySize.OfNode, Encoding.UTF8.GetByteCount(
            Introspection.Node(byPath.Keys.Select(path => path["/clients/".Length..]))));
    });

    [Fact]
    public void Check_TooManyClients_Refuses()
    {
        var clients = new ClientTable();
        for (var i = 0; i < 40_000; i++)
        {
            clients.Set($"/clients/{i}", Rig.Client("x"));
        }

        var error = Assert.Throws<CallException>(() => ReplySize.Check(clients.All, ReplySize.OfManagedObject, "do otherwise"));

        Assert.Equal(BusErrors.LimitsExceeded, error.ErrorName);
        Assert.Equal("the answer, for 40000 clients, would be larger than the 32 MiB that a bus allows; do otherwise", error.Message);
    }

    private static void Compare(
        Dictionary<string, ClientSnapshot> clients, Func<string, ClientSnapshot, int> estimate, int written)
    {
        var sum = clients.Sum(client => estimate(client.Key, client.Value));
        Assert.InRange(written, sum * 7 / 10, sum + Header);
    }

    private static int WriteRequests(Dictionary<string, ClientSnapshot> clients) => Written("a" + RequestWriter.Signature, (ref writer) =>
    {
        var start = writer.WriteArrayStart(DBusType.Struct);
        foreach (var (path, client) in clients)
        {
            RequestWriter.Write(ref writer, path, client);
        }

        writer.WriteArrayEnd(start);
    });

    private static int WritePaths(IEnumerable<string> paths) => Written("ao", (ref writer) =>
    {
        var start = writer.WriteArrayStart(DBusType.ObjectPath);
        foreach (var path in paths)
        {
            writer.WriteObjectPath(path);
        }

        writer.WriteArrayEnd(start);
    });

    private static int Write(Dictionary<string, ClientSnapshot> clients, string signature, PropertyWriter write) => Written(signature, (ref writer) =>
    {
        var start = writer.WriteDictionaryStart();
        foreach (var (path, client) in clients)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteObjectPath(path);
            write(ref writer, path, client);
        }

        writer.WriteDictionaryEnd(start);
    });

    /// <summary>The length of a reply, which the library keeps to itself.</summary>
    private static int Written(string signature, BodyWriter body)
    {
        MessageWriter writer = new BusConnection(new BusOptions("unix:path=/nonexistent")).GetMessageWriter();
        writer.WriteMethodReturnHeader(1, ":1.1"u8, signature);
        body(ref writer);
        object data = typeof(MessageBuffer).GetProperty("Sequence", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(writer.CreateMessage())!;
        return (int)(long)data.GetType().GetProperty("Length")!.GetValue(data)!;
    }
}
