using Mandos.Ctl.Servers.DBus;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Tests.Servers.DBus;

/// <summary>Has the server's name on a bus, and answers as a test wants.</summary>
internal sealed class FakeServer : IPathMethodHandler, IDisposable
{
    private readonly Action<MethodContext> _answer;

    private FakeServer(DBusConnection connection, Action<MethodContext> answer) => (Connection, _answer) = (connection, answer);

    public string Path => "/";

    public bool HandlesChildPaths => true;

    public DBusConnection Connection { get; }

    public static async Task<FakeServer> StartAsync(DBusDaemon bus, Action<MethodContext> answer)
    {
        var server = new FakeServer(await ConnectAsync(bus), answer);
        server.Connection.AddMethodHandler(server);
        await server.Connection.RequestNameAsync(ServerNames.Service);
        return server;
    }

    /// <summary>Connects to a bus, as anybody.</summary>
    public static async Task<DBusConnection> ConnectAsync(DBusDaemon bus)
    {
        var connection = new DBusConnection(bus.Address);
        await connection.ConnectAsync();
        return connection;
    }

    /// <summary>Answers <c>GetClients</c> with clients of one property each.</summary>
    public static void AnswerPage(MethodContext context, ulong last, params (string Path, string Property, VariantValue Value)[] clients)
    {
        MessageWriter writer = context.CreateReplyWriter("a{oa{sv}}t");
        ArrayStart page = writer.WriteDictionaryStart();
        foreach ((string path, string property, VariantValue value) in clients)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteObjectPath(path);
            ArrayStart properties = writer.WriteDictionaryStart();
            writer.WriteDictionaryEntryStart();
            writer.WriteString(property);
            writer.WriteVariant(value);
            writer.WriteDictionaryEnd(properties);
        }

        writer.WriteDictionaryEnd(page);
        writer.WriteUInt64(last);
        context.Reply(writer.CreateMessage());
    }

    public ValueTask HandleMethodAsync(MethodContext context)
    {
        _answer(context);
        return ValueTask.CompletedTask;
    }

    public void Dispose() => Connection.Dispose();
}
