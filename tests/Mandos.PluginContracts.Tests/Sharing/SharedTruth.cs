using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Tests.Sharing;

/// <summary>What servers share, as a database would hold it. Its users hold its lock.</summary>
internal sealed class SharedTruth
{
    public long Revision { get; set; }

    public long LivenessChanges { get; set; }

    public Dictionary<string, SharedClient> Clients { get; private init; } = new(StringComparer.Ordinal);

    public Dictionary<string, Seen> Liveness { get; private init; } = new(StringComparer.Ordinal);

    public Dictionary<Guid, Member> Members { get; private init; } = [];

    public Dictionary<Guid, long> Commands { get; private init; } = [];

    public Dictionary<(Guid Server, long Id), SharedRequest> Requests { get; private init; } = [];

    public Dictionary<(Guid Server, string Client), StoredClient> Files { get; private init; } = [];

    /// <summary>Whether another one has taken its place, though it still answers.</summary>
    public bool IsReplaced { get; set; }

    public List<Action<long>> Watchers { get; } = [];

    /// <summary>The same, as a standby has it that becomes the primary.</summary>
    public SharedTruth Promote()
    {
        IsReplaced = true;
        return new SharedTruth
        {
            Revision = Revision,
            LivenessChanges = LivenessChanges,
            Clients = new(Clients),
            Liveness = new(Liveness),
            Members = new(Members),
            Commands = new(Commands),
            Requests = new(Requests),
            Files = new(Files),
        };
    }

    /// <summary>What is known of when a client was seen; times are those of the truth's own clock.</summary>
    public sealed record Seen(long Change, TimeSpan? Ok, TimeSpan? Checked, int Status, TimeSpan? Expiry);

    /// <summary>A registered server. Each registration is another object, by which an earlier one of the same server is told from it.</summary>
    public sealed class Member(ServerIdentity identity, TimeSpan joined)
    {
        public ServerIdentity Identity { get; } = identity;

        public TimeSpan Joined { get; } = joined;

        public TimeSpan? Synced { get; set; }

        public long Confirmed { get; set; }

        public string? FilesHash { get; set; }
    }
}
