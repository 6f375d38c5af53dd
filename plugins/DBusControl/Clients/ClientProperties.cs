using System.Collections.Frozen;
using System.Security.Cryptography;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Clients;

/// <summary>The properties of the interfaces of a client.</summary>
internal static class ClientProperties
{
    /// <summary>Those that Debian's server has, in the order of the interface's description.</summary>
    public static IReadOnlyList<ClientPropertyInfo> All { get; } =
    [
        Duration(ClientSetting.ApprovalDelay),
        Duration(ClientSetting.ApprovalDuration),
        Boolean("ApprovalPending", ClientProperty.ApprovalPending, client => client.ApprovalsPending > 0),
        Flag(ClientSetting.ApprovedByDefault),
        Boolean(
            "CheckerRunning", ClientProperty.CheckerRunning, client => client.CheckerRunning,
            value => value ? ClientAction.StartChecker : ClientAction.StopChecker),
        Text(ClientSetting.Checker),
        Constant("Created", client => client.Created),
        Boolean(
            "Enabled", ClientProperty.Enabled, client => client.Enabled,
            value => value ? ClientAction.Enable : ClientAction.Disable),
        Time("Expires", ClientProperty.Expires, client => client.Expires),
        Duration(ClientSetting.ExtendedTimeout),
        Constant("Fingerprint", client => client.Settings.Fingerprint ?? ""),
        Text(ClientSetting.Host),
        Duration(ClientSetting.Interval),
        Constant("KeyID", client => client.Settings.KeyId ?? ""),
        Time("LastApprovalRequest", ClientProperty.LastApprovalRequest, client => client.LastApprovalRequest),
        Time("LastCheckedOK", ClientProperty.LastCheckedOk, client => client.LastCheckedOk, _ => ClientAction.MarkCheckedOk),
        new("LastCheckerStatus", "n")
        {
            Change = ClientProperty.LastCheckerStatus,
            Value = client => client.LastCheckerStatus,
            Write = (ref writer, _, client) => writer.WriteVariantInt16((short)client.LastCheckerStatus),
        },
        Time("LastEnabled", ClientProperty.LastEnabled, client => client.LastEnabled),
        Constant("Name", client => client.Name),
        new("ObjectPath", "o")
        {
            EmitsChangedSignal = "const",
            Deprecated = true,
            TextLength = (path, _) => path.Length,
            Write = (ref writer, path, _) => writer.WriteVariantObjectPath(path),
        },
        new("Secret", "ay")
        {
            Change = ClientProperty.Secret,
            EmitsChangedSignal = "invalidates",
            Set = value => SetsSecret(Values.ToBytes(value, "Secret")),
        },
        Duration(ClientSetting.Timeout),
    ];

    /// <summary>Those of <see cref="Names.ClientExtension"/>.</summary>
    public static IReadOnlyList<ClientPropertyInfo> Extensions { get; } = 
    [
        .. ClientSetting.All.Where(static setting => setting.IsExtension).Select(Setting),
        new("ExpectedReboot", "(ssb)")
        {
            IsExtension = true,
            Change = ClientProperty.ExpectedReboot,
            Value = client => client.ExpectedReboot,
            TextLength = (_, client) => (2 * RebootOverhead) + TimeText.MaxLength + SafeText.Length(client.ExpectedReboot?.Reason ?? ""),
            Write = WriteReboot,
        },
        new("RehearsalUntil", "s")
        {
            IsExtension = true,
            Change = ClientProperty.RehearsalUntil,
            Value = client => client.RehearsalUntil,
            TextLength = (_, _) => TimeText.MaxLength,
            Write = (ref writer, _, client) => WriteTime(ref writer, client.RehearsalUntil),
        },
        new("ProvenAt", "s")
        {
            IsExtension = true,
            EmitsChangedSignal = "false", // a secret gives the same signals as Debian's server sends
            TextLength = (_, _) => TimeText.MaxLength,
            Write = (ref writer, _, client) => WriteTime(ref writer, client.ProvenAt),
        },
        new("Rotation", "(ssssb)")
        {
            IsExtension = true,
            Change = ClientProperty.Rotation,
            Value = client => client.Rotation,
            TextLength = (_, client) => (4 * RebootOverhead) + (2 * TimeText.MaxLength)
                + SafeText.Length(client.Rotation?.NextKeyId ?? "") + SafeText.Length(client.Rotation?.RetiredKeyId ?? ""),
            Write = WriteRotation,
        },
    ];

    /// <summary>Those of Debian's server that can be read.</summary>
    public static IReadOnlyList<ClientPropertyInfo> Readable { get; } = [.. All.Where(property => property.Write is not null)];

    /// <summary>Length, NUL and padding of a text or boolean, in a structure.</summary>
    private const int RebootOverhead = 12;

    private static readonly FrozenDictionary<string, ClientPropertyInfo> _byName = All.ToFrozenDictionary(property => property.Name);

    private static readonly FrozenDictionary<ClientProperty, ClientPropertyInfo> _byChange = All.Concat(Extensions)
        .Where(property => property.Change is not null).ToFrozenDictionary(property => property.Change!);

    /// <summary>The property of a name that an interface has.</summary>
    /// <param name="interfaceName">One of the three of a client.</param>
    /// <param name="name">Its name.</param>
    public static ClientPropertyInfo? Find(string interfaceName, string name) => interfaceName == Names.ClientExtension
        ? Extensions.FirstOrDefault(property => property.Name == name)
        : _byName.GetValueOrDefault(name);

    /// <summary>The property that an event is about; null if the interface of a client does not have it.</summary>
    public static ClientPropertyInfo? Of(ClientProperty change) => _byChange.GetValueOrDefault(change);

    private static ClientPropertyInfo Setting(ClientSetting setting) => setting switch
    {
        ClientSetting<TimeSpan> duration => Duration(duration),
        ClientSetting<string> text => Text(text),
        ClientSetting<bool> flag => Flag(flag),
        _ => throw new NotSupportedException($"{setting} cannot be on D-Bus"),
    };

    private static ClientPropertyInfo Duration(ClientSetting<TimeSpan> setting) => new(setting.Name, "t")
    {
        Change = setting,
        Value = client => setting.Get(client.Settings),
        Write = (ref writer, _, client) => writer.WriteVariantUInt64((ulong)(setting.Get(client.Settings).Ticks / TimeSpan.TicksPerMillisecond)),
        Act = value => Changes(ClientChange.Of(setting, Values.ToDuration(value, setting.Name))),
    };

    private static ClientPropertyInfo Text(ClientSetting<string> setting) => new(setting.Name, "s")
    {
        Change = setting,
        Value = client => setting.Get(client.Settings),
        TextLength = (_, client) => SafeText.Length(setting.Get(client.Settings)),
        Write = (ref writer, _, client) => writer.WriteVariantString(SafeText.Of(setting.Get(client.Settings))),
        Act = value => Changes(ClientChange.Of(setting, Values.ToText(value, setting.Name))),
    };

    private static ClientPropertyInfo Flag(ClientSetting<bool> setting) => Boolean(
        setting.Name, setting, client => setting.Get(client.Settings),
        value => Changes(ClientChange.Of(setting, value)));

    private static ClientPropertyInfo Boolean(
        string name, ClientProperty change, Func<ClientSnapshot, bool> get,
        Func<bool, ClientAction>? act = null)
        => new(name, "b")
        {
            Change = change,
            Value = client => get(client),
            Write = (ref writer, _, client) => writer.WriteVariantBool(get(client)),
            Act = act is null ? null : value => act(Values.ToBoolean(value, name)),
        };

    private static ClientPropertyInfo Time(
        string name, ClientProperty change, Func<ClientSnapshot, DateTimeOffset?> get, Func<VariantValue, ClientAction>? act = null)
        => new(name, "s")
        {
            Change = change,
            Value = client => get(client),
            TextLength = (_, _) => TimeText.MaxLength,
            Write = (ref writer, _, client) => WriteTime(ref writer, get(client)),
            Act = act,
        };

    private static ClientPropertyInfo Constant(string name, Func<ClientSnapshot, string> get) => new(name, "s")
    {
        EmitsChangedSignal = "const",
        TextLength = (_, client) => SafeText.Length(get(client)),
        Write = (ref writer, _, client) => writer.WriteVariantString(SafeText.Of(get(client))),
    };

    private static ClientPropertyInfo Constant(string name, Func<ClientSnapshot, DateTimeOffset> get) => new(name, "s")
    {
        EmitsChangedSignal = "const",
        TextLength = (_, _) => TimeText.MaxLength,
        Write = (ref writer, _, client) => WriteTime(ref writer, get(client)),
    };

    private static ClientAction Changes(ClientChange change) => ClientAction.Change(change);

    private static ClientCommand SetsSecret(byte[] secret) => (server, client, source, token) =>
    {
        try
        {
            return server.SetSecretAsync(client, secret, source, token);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret); // the server has its copy
        }
    };

    /// <summary>Until when, why, and whether it needs no approval; empty texts if no reboot is expected.</summary>
    private static void WriteReboot(ref MessageWriter writer, string path, ClientSnapshot client)
    {
        Span<byte> until = stackalloc byte[TimeText.MaxLength];
        writer.WriteSignature("(ssb)"u8);
        writer.WriteStructureStart();
        writer.WriteString(until[..TimeText.Format(client.ExpectedReboot?.Until, until)]);
        writer.WriteString(SafeText.Of(client.ExpectedReboot?.Reason ?? ""));
        writer.WriteBool(client.ExpectedReboot?.NeedsNoApproval == true);
    }

    /// <summary>The next key and when it was tried, the retired one and when its successor was promoted, and whether the files are behind; empty texts for none.</summary>
    private static void WriteRotation(ref MessageWriter writer, string path, ClientSnapshot client)
    {
        Span<byte> time = stackalloc byte[TimeText.MaxLength];
        writer.WriteSignature("(ssssb)"u8);
        writer.WriteStructureStart();
        writer.WriteString(SafeText.Of(client.Rotation?.NextKeyId ?? ""));
        writer.WriteString(time[..TimeText.Format(client.Rotation?.TriedAt, time)]);
        writer.WriteString(SafeText.Of(client.Rotation?.RetiredKeyId ?? ""));
        writer.WriteString(time[..TimeText.Format(client.Rotation?.PromotedAt, time)]);
        writer.WriteBool(client.Rotation?.IsFileBehind == true);
    }

    private static void WriteTime(ref MessageWriter writer, DateTimeOffset? time)
    {
        Span<byte> text = stackalloc byte[TimeText.MaxLength];
        int length = TimeText.Format(time, text);
        writer.WriteVariantString(text[..length]);
    }
}
