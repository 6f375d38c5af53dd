using Mandos.DBus;

namespace DBusControl.Tests.Support;

/// <summary>A program on the bus that calls the server and hears its signals.</summary>
internal sealed class Caller : IAsyncDisposable
{
    public const string Service = "se.recompile.Mandos";
    public const string Client = "se.recompile.Mandos.Client";
    public const string OldClient = "se.bsnet.fukt.Mandos.Client";
    public const string Server = "se.recompile.Mandos";
    public const string Extension = "se.recompile.Mandos.Server";
    public const string ClientExtension = "se.recompile.Mandos.Server.Client";
    public const string Properties = "org.freedesktop.DBus.Properties";
    public const string ObjectManager = "org.freedesktop.DBus.ObjectManager";
    public const string Introspectable = "org.freedesktop.DBus.Introspectable";

    private readonly List<string> _heard = [];

    private Caller(string address) => Connection = new DBusConnection(new DBusConnectionOptions(address));

    public DBusConnection Connection { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Connects, and begins to hear the signals of whoever has the name.</summary>
    public static async Task<Caller> ConnectAsync(string address)
    {
        var caller = new Caller(address);
        await caller.Connection.ConnectAsync(Token);
        foreach (var name in new[] { Server, Client, OldClient, "se.bsnet.fukt.Mandos", Properties, ObjectManager, Extension })
        {
            await caller.Connection.AddMatchAsync(
                new MatchRule { Type = MessageType.Signal, Interface = name }, (message, _) => caller.Hear(WireText.Signal(message)), null, Token);
        }

        return caller;
    }

    /// <summary>The signals and the replies in the order of their arrival, since the last call of this.</summary>
    public IReadOnlyList<string> TakeHeard()
    {
        lock (_heard)
        {
            string[] heard = [.. _heard];
            _heard.Clear();
            return heard;
        }
    }

    /// <summary>Calls a method.</summary>
    /// <param name="path">The object.</param>
    /// <param name="interfaceName">The interface; null to leave it out.</param>
    /// <param name="member">The method.</param>
    /// <param name="arguments">The arguments; their types make the signature.</param>
    /// <returns>What is in the reply.</returns>
    public Task<string> CallAsync(string path, string? interfaceName, string member, params VariantValue[] arguments)
    {
        using var writer = Connection.GetMessageWriter();
        writer.WriteMethodCallHeader(
            Service, path, interfaceName, member, arguments.Length == 0 ? null : string.Concat(arguments.Select(a => a.Signature)));
        foreach (var argument in arguments)
        {
            Write(writer, argument);
        }

        return SendAsync(writer.CreateMessage(), member);
    }

    public Task<string> SendAsync(MessageBuffer message, string member) => Connection.CallMethodAsync(
        message,
        (reply, _) =>
        {
            Hear($"reply to {member}");
            return WireText.Arguments(reply);
        },
        null,
        Token);

    /// <summary>The description of an object.</summary>
    public Task<string> IntrospectAsync(string path)
    {
        using var writer = Connection.GetMessageWriter();
        writer.WriteMethodCallHeader(Service, path, Introspectable, "Introspect");
        return Connection.CallMethodAsync(writer.CreateMessage(), (reply, _) => reply.GetBodyReader().ReadString(), null, Token);
    }

    public Task<string> GetAsync(string path, string name, string interfaceName = Client)
        => CallAsync(path, Properties, "Get", interfaceName, name);

    public Task<string> CallAsync(string path, string? interfaceName, string member, params string[] arguments)
        => CallAsync(path, interfaceName, member, [.. arguments.Select(VariantValue.String)]);

    public Task<string> SetAsync(string path, string name, VariantValue value, string interfaceName = Client)
        => CallAsync(path, Properties, "Set", VariantValue.String(interfaceName), VariantValue.String(name), VariantValue.Variant(value));

    /// <summary>The name of the error by which a call is answered, without its common prefix, and its text.</summary>
    public static async Task<(string Name, string Message)> ErrorAsync(Task<string> call)
    {
        var error = await Assert.ThrowsAsync<DBusErrorReplyException>(() => call);
        return (error.ErrorName.Replace("org.freedesktop.DBus.Error.", "", StringComparison.Ordinal), error.ErrorMessage);
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static void Write(MessageWriter writer, VariantValue value)
    {
        switch (value.Type)
        {
            case DBusType.String:
                writer.WriteString(value.GetString());
                break;
            case DBusType.ObjectPath:
                writer.WriteObjectPath(value.GetObjectPath());
                break;
            case DBusType.Bool:
                writer.WriteBool(value.GetBool());
                break;
            case DBusType.UInt32:
                writer.WriteUInt32(value.GetUInt32());
                break;
            case DBusType.UInt64:
                writer.WriteUInt64(value.GetUInt64());
                break;
            case DBusType.Int32:
                writer.WriteInt32(value.GetInt32());
                break;
            case DBusType.Variant:
                writer.WriteVariant(value.GetVariantValue());
                break;
            default:
                throw new ArgumentException($"no argument of type {value.Signature}");
        }
    }

    private void Hear(string text)
    {
        lock (_heard)
        {
            _heard.Add(text);
        }
    }
}
