using System.Collections.Concurrent;
using System.Globalization;
using Tmds.DBus.Protocol;

namespace AvahiAnnouncer.Tests.Support;

/// <summary>What stands for Avahi on a bus: it notes what it is asked, and announces nothing.</summary>
internal sealed class FakeAvahi : IPathMethodHandler, IDisposable
{
    public const string ServerInterface = "org.freedesktop.Avahi.Server";
    public const string GroupInterface = "org.freedesktop.Avahi.EntryGroup";
    private const string Name = "org.freedesktop.Avahi";
    private const int Running = 2;
    private const int Registering = 1;
    private const int Established = 2;

    private readonly DBusConnection _connection;
    private int _groups;

    private FakeAvahi(DBusConnection connection) => _connection = connection;

    public string Path => "/";

    public bool HandlesChildPaths => true;

    /// <summary>What was asked, in order: the method, and its arguments where it has any.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Names that are in use on this machine.</summary>
    public ConcurrentDictionary<string, bool> Taken { get; } = new();

    /// <summary>Whether nobody sees what it announces.</summary>
    public bool Hides { get; set; }

    /// <summary>How often it does not get done with making sure of the name.</summary>
    public int Stuck { get; set; }

    /// <summary>The method that is never answered.</summary>
    public string? Silent { get; init; }

    /// <summary>The state of the server, until <see cref="ChangeState"/>.</summary>
    public int State { get; private set; } = Running;

    /// <summary>The path of the newest group.</summary>
    public string Group => string.Create(CultureInfo.InvariantCulture, $"/Client1/EntryGroup{_groups}");

    public static async Task<FakeAvahi> StartAsync(TestBus bus, string? silent = null)
    {
        DBusConnection connection = await bus.ConnectAsync();
        var avahi = new FakeAvahi(connection) { Silent = silent };
        connection.AddMethodHandler(avahi);
        Assert.True(await connection.TryRequestNameAsync(Name, RequestNameOptions.None));
        return avahi;
    }

    /// <summary>Who asked last.</summary>
    public string? Asker { get; private set; }

    /// <summary>Signals another state of the server.</summary>
    public void ChangeState(int state)
    {
        State = state;
        Signal(_connection, "/", ServerInterface, state);
    }

    /// <summary>Signals another state of the newest group.</summary>
    public void ChangeGroup(int state) => Signal(_connection, Group, GroupInterface, state);

    /// <summary>Sends the signal StateChanged: to one connection alone, or to all who listen.</summary>
    public static void Signal(DBusConnection connection, string path, string from, int state, string? to = null)
    {
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteSignalHeader(to, path, from, "StateChanged", "is");
        writer.WriteInt32(state);
        writer.WriteString("");
        Assert.True(connection.TrySendMessage(writer.CreateMessage()));
    }

    public ValueTask HandleMethodAsync(MethodContext context)
    {
        string method = context.Request.MemberAsString!;
        string arguments = method switch
        {
            "AddService" => ReadService(context, out string service) is var all && Taken.ContainsKey(service) ? $"taken {all}" : all,
            "GetAlternativeServiceName" => context.Request.GetBodyReader().ReadString(),
            _ => context.Request.SignatureAsString,
        };
        Asker = context.Request.SenderAsString;
        Asked.Enqueue($"{method} {arguments}".TrimEnd());
        if (method == Silent)
        {
            context.DisposesAsynchronously = true; // otherwise the library answers
            return ValueTask.CompletedTask;
        }

        if (method == "ResolveService" && Hides)
        {
            context.ReplyError("org.freedesktop.Avahi.TimeoutError", "Timeout reached");
        }
        else if (arguments.StartsWith("taken ", StringComparison.Ordinal))
        {
            context.ReplyError("org.freedesktop.Avahi.CollisionError", "Local name collision");
        }
        else
        {
            Reply(context, arguments);
        }

        if (method == "Commit")
        {
            ChangeGroup(Registering);
            if (Stuck-- <= 0)
            {
                ChangeGroup(Established);
            }
        }

        return ValueTask.CompletedTask;
    }

    public void Dispose() => _connection.Dispose();

    private void Reply(MethodContext context, string arguments)
    {
        MessageWriter writer = context.CreateReplyWriter(context.Request.MemberAsString switch
        {
            "GetState" => "i",
            "EntryGroupNew" => "o",
            "GetAlternativeServiceName" => "s",
            _ => "",
        });
        switch (context.Request.MemberAsString)
        {
            case "GetState":
                writer.WriteInt32(State);
                break;
            case "EntryGroupNew":
                _groups++;
                writer.WriteObjectPath(Group);
                break;
            case "GetAlternativeServiceName":
                writer.WriteString($"{arguments} #2");
                break;
        }

        context.Reply(writer.CreateMessage());
    }

    private static string ReadService(MethodContext context, out string service)
    {
        Assert.Equal("iiussssqaay", context.Request.SignatureAsString);
        Reader body = context.Request.GetBodyReader();
        int networkInterface = body.ReadInt32();
        int protocol = body.ReadInt32();
        uint flags = body.ReadUInt32();
        service = body.ReadString();
        string type = body.ReadString();
        string domain = body.ReadString();
        string host = body.ReadString();
        ushort port = body.ReadUInt16();
        bool hasText = body.HasNext(body.ReadArrayStart(DBusType.Array));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{networkInterface} {protocol} {flags} '{service}' '{type}' '{domain}' '{host}' {port} {hasText}");
    }
}
