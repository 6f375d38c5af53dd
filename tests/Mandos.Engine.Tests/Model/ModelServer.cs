using Mandos.Abstractions.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Model;

/// <summary>The rules for clients, saved state and connections, written down as plainly as can be: no threads, no laziness, one
/// list each.</summary>
internal sealed partial class ModelServer(Func<string, CheckPlan> planOf)
{
    private const int FirstLineTime = 10_000;
    private const int HandshakeTime = 30_000;
    private const int SendTime = 30_000;
    private const int CloseTime = 5_000;
    private const int RefusedTime = 1_000;
    private const int LeastStoppedTime = 300_000;
    private const int FailedBoots = 3;
    private const int OneBoot = 60_000;

    /// <summary>How many connections of one client there may be.</summary>
    public const int MaxRequestsPerClient = 3;

    private int _turns;

    public long Now { get; set; }

    public TimeSpan WallOffset { get; set; }

    public DateTimeOffset Wall => TestClock.Epoch + TimeSpan.FromMilliseconds(Now) + WallOffset;

    public Dictionary<string, ModelClient> Clients { get; } = [];

    /// <summary>The former clients that are kept; null: only its name.</summary>
    public Dictionary<string, ModelRecord?> Absent { get; } = [];

    public List<ModelConnection> Connections { get; } = [];

    public int NotFound { get; private set; }

    /// <summary>Part of the interval after which the first check of a client comes.</summary>
    private double _firstCheck;

    /// <summary>Stopped checks that had not died when their clients were removed.</summary>
    private readonly Dictionary<string, int> _dying = [];

    // Start

    public void Start(IReadOnlyCollection<ModelDefinition> file, IReadOnlyDictionary<string, ModelRecord> saved, bool restore,
        double firstCheck)
    {
        Clients.Clear();
        Connections.Clear();
        Absent.Clear();
        _dying.Clear();
        NotFound = 0;
        _firstCheck = firstCheck;
        List<ModelRecord> added = [];
        foreach ((string name, ModelRecord record) in saved)
        {
            if (record.Origin == ClientOrigin.Command && file.All(d => d.Name != name))
            {
                added.Add(record);
            }
            else if (restore || file.Count == 0)
            {
                Absent[name] = restore ? record : null;
            }
        }

        foreach (ModelDefinition definition in file)
        {
            Absent.Remove(definition.Name, out ModelRecord? record);
            Add(definition, record);
        }

        foreach (ModelRecord record in added)
        {
            Add(record.File, restore ? record : null, ClientOrigin.Command);
        }

        NoteLeft(file);
        DateTimeOffset oldest = Wall - TimeSpan.FromDays(90);
        if (saved.Values.Max(static record => record.SavedAt) >= oldest)
        {
            foreach (string name in Absent.Keys.Where(name => Absent[name]?.LeftAt < oldest).ToArray())
            {
                Absent.Remove(name);
            }
        }
    }

    private void NoteLeft(IReadOnlyCollection<ModelDefinition> file)
    {
        foreach (string name in Absent.Keys.ToArray())
        {
            if (Absent[name] is not { } record)
            {
                if (file.Count > 0)
                {
                    Absent.Remove(name);
                }
            }
            else if ((record.LeftAt is null && !(record.Settings is null && file.Any(d => d.Name == name))) || record.LeftAt > Wall)
            {
                Absent[name] = record with { LeftAt = Wall };
            }
        }
    }

    /// <summary>The file has changed.</summary>
    public void Reload(IReadOnlyCollection<ModelDefinition> file)
    {
        foreach (ModelClient c in Clients.Values.Where(c => c.Origin == ClientOrigin.Files && file.All(d => d.Name != c.Name)).ToArray())
        {
            Absent[c.Name] = c.ToRecord();
            TakeOut(c);
            c.Removed = true;
        }

        foreach (ModelDefinition definition in file)
        {
            if (Clients.TryGetValue(definition.Name, out ModelClient? c))
            {
                Redefine(c, definition);
            }
        }

        foreach (ModelDefinition definition in file.Where(d => !Clients.ContainsKey(d.Name)))
        {
            Absent.Remove(definition.Name, out ModelRecord? record);
            Add(definition, record);
        }

        NoteLeft(file);
    }

    private void Add(ModelDefinition definition, ModelRecord? record, ClientOrigin origin = ClientOrigin.Files)
    {
        if (record is { Settings: null })
        {
            Absent[definition.Name] = record with { LeftAt = null }; // removed by a person
            return;
        }

        (ModelClient client, TimeSpan left) = record is null ? New(definition) : Restore(Resolve(definition, record.File.Key, record.RetiredKey), record);
        _dying.Remove(client.Name, out int dying);
        client.Dying = dying;
        client.Origin = origin;
        Clients.Add(client.Name, client);
        if (client.Enabled)
        {
            Schedule(client, _firstCheck * client.Settings.Interval, left);
        }

        if (record?.DeniedUntil is { } until)
        {
            TimeSpan denied = until - Latest(Wall, record.SavedAt);
            denied = denied < client.Settings.ApprovalDuration ? denied : client.Settings.ApprovalDuration;
            if (denied > TimeSpan.Zero)
            {
                client.Verdict = false;
                client.DeniedUntil = Wall + denied;
                client.VerdictEndsAt.Set(Now + (long)denied.TotalMilliseconds);
            }
        }
    }

    private static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    private void Redefine(ModelClient c, ModelDefinition next)
    {
        ModelDefinition old = c.File;
        next = Resolve(next, c.Key, c.RetiredKey);
        c.File = next;
        c.Origin = ClientOrigin.Files;
        if (next.Key != old.Key)
        {
            ChangeKey(c);
        }

        SetSecret(c, next.Secret == old.Secret ? c.Secret : next.Secret);
        c.Settings = c.Settings with { ApproveAll = next.Settings.ApproveAll };
        ChangeNext(c, old.Next);
        CheckProof(c);
        if (old.Enabled && !next.Enabled)
        {
            Disable(c);
        }

        (ClientSettings was, ClientSettings now) = (old.Settings, next.Settings);
        Change(c, settings => settings with
        {
            Host = was.Host == now.Host ? settings.Host : now.Host,
            Checker = was.Checker == now.Checker ? settings.Checker : now.Checker,
            Location = was.Location == now.Location ? settings.Location : now.Location,
            WhenCutOff = was.WhenCutOff == now.WhenCutOff ? settings.WhenCutOff : now.WhenCutOff,
            Anomaly = was.Anomaly == now.Anomaly ? settings.Anomaly : now.Anomaly,
            Interval = was.Interval == now.Interval ? settings.Interval : now.Interval,
            Timeout = was.Timeout == now.Timeout ? settings.Timeout : now.Timeout,
            ExtendedTimeout = was.ExtendedTimeout == now.ExtendedTimeout ? settings.ExtendedTimeout : now.ExtendedTimeout,
            ApprovalDelay = was.ApprovalDelay == now.ApprovalDelay ? settings.ApprovalDelay : now.ApprovalDelay,
            ApprovalDuration = was.ApprovalDuration == now.ApprovalDuration ? settings.ApprovalDuration : now.ApprovalDuration,
            ApprovedByDefault = was.ApprovedByDefault == now.ApprovedByDefault ? settings.ApprovedByDefault : now.ApprovedByDefault,
        });
        if (!old.Enabled && next.Enabled)
        {
            Enable(c);
        }
    }

    // Commands

    /// <returns>Whether it is added; not if there is one, or something is kept of a former one.</returns>
    public bool AddClient(ModelDefinition definition)
    {
        if (Clients.ContainsKey(definition.Name) || Absent.GetValueOrDefault(definition.Name) is not null)
        {
            return false;
        }

        Absent.Remove(definition.Name);
        Add(definition, null, ClientOrigin.Command);
        return true;
    }

    public void Enable(ModelClient c)
    {
        EndApproval(c);
        if (!c.Enabled)
        {
            c.Enabled = true;
            c.LastEnabled = Wall;
            Schedule(c, c.Settings.Interval, c.Settings.Timeout);
        }
    }

    public void Disable(ModelClient c)
    {
        EndApproval(c);
        if (c.Enabled)
        {
            c.Enabled = false;
            ForgetReboot(c);
            c.Expires = null;
            c.ExpiresAt.Clear();
            c.NextCheckAt.Clear();
            StopCheck(c);
            foreach (ModelConnection waiting in WaitingFor(c))
            {
                Refuse(waiting, () => c.Counts.Disabled++);
            }

            AbortSends(c);
        }
    }

    public void SetSecret(ModelClient c, string secret)
    {
        if (secret != c.Secret)
        {
            c.Secret = secret;
            c.File = c.Origin == ClientOrigin.Command ? c.File with { Secret = secret } : c.File;
            AbortSends(c, c.Key);
            CheckProof(c);
        }
    }

    /// <summary>Breaks off what is on its way to a client.</summary>
    private void AbortSends(ModelClient c, string? key = null)
    {
        foreach (ModelConnection x in Connections.Where(x => x.Client == c && x.Phase == ModelPhase.Sending && (key is null || x.Key == key)).ToArray())
        {
            WriteEnded(x, false);
        }
    }

    public void CheckedOk(ModelClient c)
    {
        c.LastCheckedOk = Wall;
        c.BootsSinceAlive = 0;
        c.Status = 0;
        if (IsAlive(c))
        {
            SetExpiry(c, c.Settings.Timeout);
        }
    }

    /// <returns>Whether it is done; not if it is not clear whom it is for.</returns>
    public bool Approve(ModelClient c, bool approved)
    {
        string[] addresses = [.. WaitingFor(c).Select(static x => x.Address).Distinct()];
        if (approved && addresses.Length > 1 && !c.Settings.ApproveAll)
        {
            return false;
        }

        c.Verdict = null;
        c.DeniedUntil = null;
        c.VerdictEndsAt.Clear();
        if (c.Settings.ApprovalDuration > TimeSpan.Zero)
        {
            c.Verdict = approved;
            c.ApprovedAddress = c.Settings.ApproveAll ? null : addresses.FirstOrDefault();
            c.DeniedUntil = approved ? null : Wall + c.Settings.ApprovalDuration;
            c.VerdictEndsAt.Set(Now + (long)c.Settings.ApprovalDuration.TotalMilliseconds);
        }

        foreach (ModelConnection waiting in WaitingFor(c))
        {
            Decide(waiting, approved, () => c.Counts.Denied++);
        }

        if (!approved)
        {
            AbortSends(c);
        }

        return true;
    }

    /// <summary>Approves or denies one connection that waits.</summary>
    public void DecideOne(ModelConnection x, bool approved) => Decide(x, approved, () => x.Client!.Counts.Denied++);

    private static void EndApproval(ModelClient c)
    {
        if (c.Verdict == true)
        {
            c.Verdict = null;
            c.VerdictEndsAt.Clear();
        }
    }

    public void Change(ModelClient c, Func<ClientSettings, ClientSettings> change)
    {
        ClientSettings old = c.Settings;
        c.Settings = change(old);
        CheckProof(c);
        if (c.Enabled && c.Settings.Timeout != old.Timeout)
        {
            SetExpiry(c, TimeSpan.FromMilliseconds(c.ExpiresAt.At!.Value - Now) + c.Settings.Timeout - old.Timeout);
            if (!IsAlive(c))
            {
                Disable(c);
            }
        }

        if (c.Enabled && c.Settings.Interval != old.Interval)
        {
            c.NextCheckAt.Set(Now + (long)c.Settings.Interval.TotalMilliseconds);
            StartCheck(c);
        }
    }

    public void Remove(ModelClient c)
    {
        TakeOut(c);
        c.Removed = true;
        if (c.Origin == ClientOrigin.Files)
        {
            Absent[c.Name] = c.ToRecord();
        }
    }

    private void TakeOut(ModelClient c)
    {
        StopCheck(c);
        foreach (ModelConnection waiting in WaitingFor(c))
        {
            Refuse(waiting, () => c.Counts.Disabled++);
        }

        AbortSends(c);
        _dying[c.Name] = c.Dying;
        Clients.Remove(c.Name);
    }

    /// <summary>Whether it is enabled, and not to be disabled at this very moment, after what is due with that.</summary>
    private bool IsAlive(ModelClient c) => c.Enabled && (c.ExpiresAt.At > Now || c.RebootEndsAt.At > Now);

    public ModelConnection[] WaitingFor(ModelClient c)
        => [.. Connections.Where(x => x.Phase == ModelPhase.Held && x.Client == c).OrderBy(static x => x.Turn)];

    private void SetExpiry(ModelClient c, TimeSpan fromNow)
    {
        c.ExpiresAt.Set(Now + (long)fromNow.TotalMilliseconds);
        c.Expires = Wall + fromNow;
    }

    private void Schedule(ModelClient c, TimeSpan firstCheck, TimeSpan left)
    {
        c.NextCheckAt.Set(Now + (long)firstCheck.TotalMilliseconds);
        TimeSpan atLeast = firstCheck + c.Settings.Interval;
        SetExpiry(c, left > atLeast ? left : atLeast);
    }

    private (ModelClient Client, TimeSpan Left) New(ModelDefinition definition)
    {
        var client = new ModelClient
        {
            File = definition,
            Settings = definition.Settings,
            Secret = definition.Secret,
            Created = Wall,
            Enabled = definition.Enabled,
            LastEnabled = definition.Enabled ? Wall : null,
        };
        return (client, definition.Settings.Timeout);
    }

    private (ModelClient Client, TimeSpan Left) Restore(ModelDefinition file, ModelRecord record)
    {
        ClientSettings then = record.File.Settings;
        ClientSettings saved = record.Settings!;
        T Pick<T>(Func<ClientSettings, T> of) => Equals(of(file.Settings), of(then)) ? of(saved) : of(file.Settings);
        var client = new ModelClient
        {
            File = file,
            Settings = new ClientSettings
            {
                KeyId = file.Settings.KeyId,
                Fingerprint = file.Settings.Fingerprint,
                Host = Pick(static s => s.Host),
                Checker = Pick(static s => s.Checker),
                Interval = Pick(static s => s.Interval),
                Timeout = Pick(static s => s.Timeout),
                ExtendedTimeout = Pick(static s => s.ExtendedTimeout),
                ApprovalDelay = Pick(static s => s.ApprovalDelay),
                ApprovalDuration = Pick(static s => s.ApprovalDuration),
                ApprovedByDefault = Pick(static s => s.ApprovedByDefault),
                WhenCutOff = Pick(static s => s.WhenCutOff),
                Anomaly = Pick(static s => s.Anomaly),
                Location = Pick(static s => s.Location),
                ApproveAll = file.Settings.ApproveAll,
            },
            Secret = file.Secret == record.File.Secret ? record.Secret! : file.Secret,
            Created = record.Created,
            Enabled = file.Enabled == record.File.Enabled ? record.Enabled : file.Enabled,
            LastEnabled = record.LastEnabled,
            LastCheckedOk = record.LastCheckedOk,
            Status = record.Status,
            LastApprovalRequest = record.LastApprovalRequest,
        };
        RestoreExpectations(client, record);
        TimeSpan timeout = client.Settings.Timeout;
        if (!client.Enabled)
        {
            return (client, default);
        }

        if (!record.Enabled)
        {
            client.LastEnabled = Wall;
            return (client, timeout);
        }

        if (record.LeftAt is { } leftAt)
        {
            return (client, record.Expires!.Value - leftAt);
        }

        if (record.Expires > Wall)
        {
            // A clock that is behind the time of the save is wrong, or was so then.
            return (client, record.Expires.Value - Latest(Wall, record.SavedAt));
        }

        if (client.Reboot is not null)
        {
            return (client, TimeSpan.Zero);
        }

        client.Enabled = record.LastCheckedOk is not null && record.Status == 0;
        return (client, timeout);
    }
}
