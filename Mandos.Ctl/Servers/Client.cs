using System.Collections.Immutable;
using Mandos.Abstractions.Clients;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers;

/// <summary>A client as the server describes it. It does not change: a change makes another one.</summary>
/// <param name="Path">Its object path.</param>
internal sealed record Client(string Path)
{
    public string Name { get; init; } = "";

    public string KeyId { get; init; } = "";

    public string Fingerprint { get; init; } = "";

    public string Host { get; init; } = "";

    /// <summary>The checker's command.</summary>
    public string Checker { get; init; } = "";

    public bool Enabled { get; init; }

    public bool CheckerRunning { get; init; }

    public bool ApprovalPending { get; init; }

    public bool ApprovedByDefault { get; init; }

    /// <summary>Exit code of the last check; -1: it did not exit by itself; -2: none has ended yet.</summary>
    public int LastCheckerStatus { get; init; }

    /// <summary>In milliseconds, as all durations.</summary>
    public ulong Timeout { get; init; }

    public ulong ExtendedTimeout { get; init; }

    public ulong Interval { get; init; }

    public ulong ApprovalDelay { get; init; }

    public ulong ApprovalDuration { get; init; }

    /// <summary>UTC in ISO 8601 without a zone, as all times; empty: never.</summary>
    public string Created { get; init; } = "";

    public string LastEnabled { get; init; } = "";

    public string LastCheckedOk { get; init; } = "";

    public string LastApprovalRequest { get; init; } = "";

    public string Expires { get; init; } = "";

    /// <summary>The settings that Debian's server does not have; none is known of a server that does not tell.</summary>
    public ImmutableDictionary<ClientSetting, object> Extensions { get; init; } = ImmutableDictionary<ClientSetting, object>.Empty;

    /// <summary>The connections that wait for approval, oldest first; none is known of a server that does not tell.</summary>
    public IReadOnlyList<Request> Requests { get; init; } = [];

    /// <summary>The different addresses of <see cref="Requests"/>.</summary>
    public IEnumerable<string> Addresses => Requests.Select(request => request.Address).Distinct();

    /// <summary>The same client with another value of one property; an unknown property is ignored.</summary>
    /// <exception cref="InvalidOperationException">The value has another type than the property.</exception>
    public Client With(string property, VariantValue value) => property switch
    {
        "Name" => this with { Name = value.GetString() },
        "KeyID" => this with { KeyId = value.GetString() },
        "Fingerprint" => this with { Fingerprint = value.GetString() },
        "Host" => this with { Host = value.GetString() },
        "Checker" => this with { Checker = value.GetString() },
        "Enabled" => this with { Enabled = value.GetBool() },
        "CheckerRunning" => this with { CheckerRunning = value.GetBool() },
        "ApprovalPending" => this with { ApprovalPending = value.GetBool() },
        "ApprovedByDefault" => this with { ApprovedByDefault = value.GetBool() },
        "LastCheckerStatus" => this with { LastCheckerStatus = value.GetInt16() },
        "Timeout" => this with { Timeout = value.GetUInt64() },
        "ExtendedTimeout" => this with { ExtendedTimeout = value.GetUInt64() },
        "Interval" => this with { Interval = value.GetUInt64() },
        "ApprovalDelay" => this with { ApprovalDelay = value.GetUInt64() },
        "ApprovalDuration" => this with { ApprovalDuration = value.GetUInt64() },
        "Created" => this with { Created = value.GetString() },
        "LastEnabled" => this with { LastEnabled = value.GetString() },
        "LastCheckedOK" => this with { LastCheckedOk = value.GetString() },
        "LastApprovalRequest" => this with { LastApprovalRequest = value.GetString() },
        "Expires" => this with { Expires = value.GetString() },
        _ => ClientSetting.All.FirstOrDefault(setting => setting.IsExtension && setting.Name == property) is { } setting
            ? this with { Extensions = Extensions.SetItem(setting, SettingValue.Read(setting, value)) }
            : this,
    };

    /// <summary>The value of a setting that Debian's server does not have.</summary>
    public object Extension(ClientSetting setting) => Extensions.GetValueOrDefault(setting) ?? SettingValue.Default(setting);

    /// <summary>The texts among <see cref="Extensions"/> that are not the default. A choice says of what it is one.</summary>
    public IEnumerable<string> Notes => ClientSetting.All.OfType<ClientSetting<string>>()
        .Where(setting => Extensions.ContainsKey(setting) && !setting.Default.Equals(Extensions[setting]))
        .Select(setting => setting.Choices.Count > 0 ? $"{setting.OptionName.Replace('_', ' ')}: {Extensions[setting]}" : (string)Extensions[setting]);

    /// <summary>Reads properties: <c>a{sv}</c>.</summary>
    public static Client Read(string path, ref Reader reader) => new Client(path).Read(ref reader);

    /// <summary>The same client with the values that are read: <c>a{sv}</c>.</summary>
    public Client Read(ref Reader reader)
    {
        Client client = this;
        ArrayEnd end = reader.ReadDictionaryStart();
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            string name = reader.ReadString();
            client = client.With(name, reader.ReadVariantValue());
        }

        return client;
    }
}
