using System.Collections.Immutable;
using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Servers;

/// <summary>A client as the server describes it. It does not change: a change makes another one.</summary>
/// <param name="Path">What tells it from all others that the server has: its object path on D-Bus, its path in the web API.</param>
internal sealed record Client(string Path)
{
    /// <summary>What tells it also from one of its name that comes later; 0 if the server does not tell.</summary>
    public long Id { get; init; }

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

    /// <summary>Until when a reboot is expected.</summary>
    public string RebootUntil { get; init; } = "";

    /// <summary>What the reboot is for; empty if nobody said.</summary>
    public string RebootReason { get; init; } = "";

    /// <summary>Whether the reboot needs no approval.</summary>
    public bool RebootNeedsNoApproval { get; init; }

    /// <summary>Until when the next request is a rehearsal.</summary>
    public string RehearsalUntil { get; init; } = "";

    /// <summary>When the client last got its secret with its present key, secret and host; empty: it has not; null: the server does not tell.</summary>
    public string? ProvenAt { get; init; }

    /// <summary>How far its change to another key is; null: the server does not tell.</summary>
    public KeyRotation? Rotation { get; init; }

    /// <summary>The settings that Debian's server does not have; none is known of a server that does not tell.</summary>
    public ImmutableDictionary<ClientSetting, object> Extensions { get; init; } = ImmutableDictionary<ClientSetting, object>.Empty;

    /// <summary>The connections that wait for approval, oldest first; none is known of a server that does not tell.</summary>
    public IReadOnlyList<Request> Requests { get; init; } = [];

    /// <summary>The different addresses of <see cref="Requests"/>.</summary>
    public IEnumerable<string> Addresses => Requests.Select(request => request.Address).Distinct();

    /// <summary>The same client with another value of one property; an unknown property is ignored.</summary>
    /// <exception cref="InvalidCastException">The value has another type than the property.</exception>
    public Client With(string property, object value) => property switch
    {
        "Name" => this with { Name = (string)value },
        "KeyID" => this with { KeyId = (string)value },
        "Fingerprint" => this with { Fingerprint = (string)value },
        "Host" => this with { Host = (string)value },
        "Checker" => this with { Checker = (string)value },
        "Enabled" => this with { Enabled = (bool)value },
        "CheckerRunning" => this with { CheckerRunning = (bool)value },
        "ApprovalPending" => this with { ApprovalPending = (bool)value },
        "ApprovedByDefault" => this with { ApprovedByDefault = (bool)value },
        "LastCheckerStatus" => this with { LastCheckerStatus = (int)value },
        "Timeout" => this with { Timeout = (ulong)value },
        "ExtendedTimeout" => this with { ExtendedTimeout = (ulong)value },
        "Interval" => this with { Interval = (ulong)value },
        "ApprovalDelay" => this with { ApprovalDelay = (ulong)value },
        "ApprovalDuration" => this with { ApprovalDuration = (ulong)value },
        "Created" => this with { Created = (string)value },
        "LastEnabled" => this with { LastEnabled = (string)value },
        "LastCheckedOK" => this with { LastCheckedOk = (string)value },
        "LastApprovalRequest" => this with { LastApprovalRequest = (string)value },
        "Expires" => this with { Expires = (string)value },
        "ExpectedReboot" => value is object[] and [string until, string reason, bool needsNoApproval]
            ? this with { RebootUntil = until, RebootReason = reason, RebootNeedsNoApproval = needsNoApproval }
            : throw new InvalidCastException("an expected reboot is a time, a reason, and a truth value"),
        "RehearsalUntil" => this with { RehearsalUntil = (string)value },
        "ProvenAt" => this with { ProvenAt = (string)value },
        "Rotation" => value is object[] and [string next, string tried, string retired, string promoted, bool isFileBehind]
            ? this with { Rotation = new KeyRotation(next, tried, retired, promoted, isFileBehind) }
            : throw new InvalidCastException("a rotation is a key, a time, a key, a time, and a truth value"),
        _ => ClientSetting.All.FirstOrDefault(setting => setting.IsExtension && setting.Name == property) is { } setting
            ? this with { Extensions = Extensions.SetItem(setting, SettingValue.Check(setting, value)) }
            : this,
    };

    /// <summary>The value of a setting that Debian's server does not have.</summary>
    public object Extension(ClientSetting setting) => Extensions.GetValueOrDefault(setting) ?? SettingValue.Default(setting);

    /// <summary>The texts among <see cref="Extensions"/> that are not the default. A choice says of what it is one.</summary>
    public IEnumerable<string> Notes => ClientSetting.All.OfType<ClientSetting<string>>()
        .Where(setting => Extensions.ContainsKey(setting) && !setting.Default.Equals(Extensions[setting]))
        .Select(setting => setting.Choices.Count > 0 ? $"{setting.OptionName.Replace('_', ' ')}: {Extensions[setting]}" : (string)Extensions[setting]);
}
