using Mandos.Bus;
using Tmds.DBus.Protocol;

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

    private Caller(string address) => Connection = new BusConnection(new BusOptions(address));

    public BusConnection Connection { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Connects, and begins to hear the signals of the owner of the name.</summary>
    public static async Task<Caller> ConnectAsync(string address)
    {
        var caller = new Caller(address);
        await caller.Connection.ConnectAsync(Token);
        foreach (var name in new[] { Server, Client, OldClient, "se.bsnet.fukt.Mandos", Properties, ObjectManager, Extension, ClientExtension })
        {
            await caller.Connection.AddMatchAsync(
                new MatchRule { Type = MessageType.Signal, Interface = name }, message => caller.Hear(WireText.Signal(message)), Token);
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
    public Task<string> CallAsync(string path, string? interfaceName, string member, params VariantValue[] arguments) => CallAsync(
        path,
        interfaceName,
        member,
        string.Concat(arguments.Select(argument => argument.Type == VariantValueType.Array ? "ay" : $"{(char)argument.Type}")),
        (ref writer) =>
        {
            foreach (var argument in arguments)
            {
                Write(ref writer, argument);
            }
        },
        reply =>
        {
            Hear($"reply to {member}");
            return WireText.Arguments(reply);
        });

    /// <summary>The description of an object.</summary>
    public Task<string> IntrospectAsync(string path)
        => CallAsync(path, Introspectable, "Introspect", "", (ref _) => { }, reply => reply.GetBodyReader().ReadString());

    public Task<string> GetAsync(string path, string name, string interfaceName = Client)
        => CallAsync(path, Properties, "Get", interfaceName, name);

    public Task<string> CallAsync(string path, string? interfaceName, string member, params string[] arguments)
        => CallAsync(path, interfaceName, member, [.. arguments.Select(VariantValue.String)]);

    public Task<string> SetAsync(string path, string name, VariantValue value, string interfaceName = Client)
        => CallAsync(path, Properties, "Set", VariantValue.String(interfaceName), VariantValue.String(name), VariantValue.Variant(value));

    /// <summary>Gives many clients a new value of a property.</summary>
    public Task<string> ChangeClientsAsync(string[] paths, string property, VariantValue value) => CallAsync(
        "/",
        Extension,
        "ChangeClients",
        "aosv",
        (ref writer) =>
        {
            ArrayStart array = writer.WriteArrayStart(DBusType.ObjectPath);
            foreach (string path in paths)
            {
                writer.WriteObjectPath(path);
            }

            writer.WriteArrayEnd(array);
            writer.WriteString(property);
            writer.WriteVariant(value);
        },
        reply =>
        {
            Hear("reply to ChangeClients");
            return WireText.Arguments(reply);
        });

    /// <summary>The name of the error by which a call is answered, without its common prefix, and its text.</summary>
    public static async Task<(string Name, string Message)> ErrorAsync(Task<string> call)
    {
        var error = await Assert.ThrowsAsync<DBusErrorReplyException>(() => call);
        return (error.ErrorName.Replace("org.freedesktop.DBus.Error.", "", StringComparison.Ordinal), error.ErrorMessage);
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private Task<string> CallAsync(
        string path, string? interfaceName, string member, string signature, BodyWriter body, Func<Message, string> reader)
    {
        var writer = Connection.GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(Service, path, interfaceName, member, signature.Length == 0 ? null : signature);
            body(ref writer);
            return Connection.CallAsync(writer.CreateMessage(), reader, Token);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void Write(ref MessageWriter writer, VariantValue value)
    {
        switch (value.Type)
        {
            case VariantValueType.String:
                writer.WriteString(value.GetString());
                break;
            case VariantValueType.ObjectPath:
                writer.WriteObjectPath(value.GetObjectPathAsString());
                break;
            case VariantValueType.Bool:
                writer.WriteBool(value.GetBool());
                break;
            case VariantValueType.UInt32:
                writer.WriteUInt32(value.GetUInt32());
                break;
            case VariantValueType.UInt64:
                writer.WriteUInt64(value.GetUInt64());
                break;
            case VariantValueType.Int32:
                writer.WriteInt32(value.GetInt32());
                break;
            case VariantValueType.Array:
                writer.WriteArray(value.GetArray<byte>());
                break;
            case VariantValueType.Variant:
                writer.WriteVariant(value.GetVariantValue());
                break;
            default:
                throw new ArgumentException($"no argument of type {value.Type}");
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
