using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Control;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Invitations;

/// <summary>All invitations, and what has arrived on them. What changes is on disk before anybody hears of it. Thread-safe.</summary>
/// <param name="services">What the engine shares.</param>
/// <param name="options">Keeps them, and makes handshakes.</param>
/// <param name="clients">The clients.</param>
/// <param name="examine">Says what the server would make of a section.</param>
/// <param name="audit">Records commands.</param>
/// <param name="events">Is told of what arrives.</param>
internal sealed partial class InvitationBook(
    EngineServices services, InvitationOptions options, ClientRegistry clients,
    Func<ReadOnlyMemory<byte>, CancellationToken, Task<Examination>> examine, CommandAudit audit, EventHub events) : IInvitations, IDisposable
{
    private const int TokenBytes = 16;

    private readonly ILogger _logger = services.Logger;

    /// <summary>Held by whoever changes something, until that is on disk.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>How often what was sent has been refused, by the names of the invited.</summary>
    private readonly ConcurrentDictionary<string, int> _refused = new(StringComparer.Ordinal);

    private volatile IReadOnlyList<StoredInvitation> _all = [];
    private volatile string? _fault;

    /// <summary>Makes the handshakes.</summary>
    public IInvitationTls Tls => options.Tls;

    /// <summary>Whether somebody may come with a token, though it may be one that has ended.</summary>
    public bool IsAwaiting
    {
        get
        {
            DateTimeOffset now = services.Clock.UtcNow;
            return _all.Any(one => !one.IsForgotten(now));
        }
    }

    /// <summary>How many are open, and how many wait for a person, by the words of docs/metrics.md.</summary>
    public IEnumerable<(string State, int Count)> Counts
    {
        get
        {
            DateTimeOffset now = services.Clock.UtcNow;
            StoredInvitation[] live = [.. _all.Where(one => one.IsLive(now))];
            int pending = live.Count(static one => one.Arrived is not null);
            return [("open", live.Length - pending), ("pending", pending)];
        }
    }

    /// <summary>Reads what is kept. If that fails, nobody can be invited, and all else goes on.</summary>
    public void Load()
    {
        try
        {
            _all = options.File.Read();
            if (_all.Count > 0)
            {
                options.Tls.ReadPin();
            }
        }
        catch (IOException e)
        {
            _fault = e.Message;
            _all = [];
            LogUnusable(e.Message);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Invitation>> ListAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = services.Clock.UtcNow;
        return ValueTask.FromResult<IReadOnlyList<Invitation>>(
            [.. _all.Where(one => one.IsLive(now)).OrderBy(static one => one.Name, StringComparer.Ordinal).Select(static one => one.ToInvitation())]);
    }

    /// <inheritdoc/>
    public Task<NewInvitation> InviteAsync(string name, TimeSpan valid, CommandSource source, CancellationToken cancellationToken)
        => CommandAsync(AuditCommand.Invite, name, source, () => InviteAsync(name, valid)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<byte[]> ReadAsync(string name, CommandSource source, CancellationToken cancellationToken)
    {
        RequireTrust(source);
        return ValueTask.FromResult(Find(name) is { Arrived: not null } found ? found.Section.ToArray()
            : throw new InvitationException($"nothing has arrived for “{name}” that could be accepted; mandos-ctl --invitations shows what has"));
    }

    /// <inheritdoc/>
    public Task EndAsync(string name, bool isAccepted, CommandSource source, CancellationToken cancellationToken)
        => CommandAsync(isAccepted ? AuditCommand.AcceptInvitation : AuditCommand.RejectInvitation, name, source, async () =>
        {
            StoredInvitation found = Find(name) ?? throw new InvitationException($"nobody is invited by the name “{name}”");
            await SaveAsync([.. _all.Where(one => one != found), found with { Section = default, Ended = services.Clock.UtcNow }]).ConfigureAwait(false);
            return true;
        }).WaitAsync(cancellationToken);

    /// <summary>Says whether a token is good, before anything else is read of its bearer.</summary>
    /// <returns>The name of the invited; or why not.</returns>
    public (string? Name, string? Fault) Judge(ReadOnlySpan<byte> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(token, hash);
        StoredInvitation? found = null;
        foreach (StoredInvitation one in _all)
        {
            found = CryptographicOperations.FixedTimeEquals(one.TokenHash.Span, hash) ? one : found;
        }

        return found is null ? (null, "nobody has been invited with this token, or that is long ago")
            : found.Ended is not null ? (null, $"the invitation of {found.Name} has been ended on the server")
            : found.Arrived is not null ? (null, $"the invitation of {found.Name} has been used: what was sent waits on the server, or has waited too long")
            : services.Clock.UtcNow >= found.Until ? (null, $"the invitation of {found.Name} was valid until {found.Until.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}")
            : _refused.GetValueOrDefault(found.Name) is >= InvitationLimits.Attempts and var attempts
                ? (null, $"{found.Name} has sent {attempts} sections that were refused; ask for another invitation")
            : (found.Name, null);
    }

    /// <summary>Notes that what was sent with the token of a name was refused.</summary>
    public void NoteRefused(string name) => _refused.AddOrUpdate(name, 1, static (_, count) => count + 1);

    /// <summary>Takes up a section, or refuses it.</summary>
    /// <param name="token">The token; judged again, because another connection may have used it.</param>
    /// <param name="section">The section.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="cancellationToken">Gives up waiting for others.</param>
    public async Task<Arrival> TakeAsync(ReadOnlyMemory<byte> token, ReadOnlyMemory<byte> section, IPAddress address, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            (string? name, string? fault) = Judge(token.Span);
            if (name is null)
            {
                return new Arrival(Outcome.BadInvitation, fault!);
            }

            (string? problem, string? keyId) = await ExamineAsync(name, section, cancellationToken).ConfigureAwait(false);
            if (problem is not null)
            {
                NoteRefused(name);
                return new Arrival(Outcome.InvitedSectionRefused, problem);
            }

            StoredInvitation invited = Find(name) ?? throw new InvitationException($"the invitation of {name} has just ended");
            StoredInvitation taken = invited with { Section = section.ToArray(), Arrived = services.Clock.UtcNow, Address = address, KeyId = keyId };
            await SaveAsync([.. _all.Where(one => one != invited), taken]).ConfigureAwait(false);
            services.Loop.Post(() => events.Publish(new InvitationArrived(taken.ToInvitation())));
            return new Arrival(Outcome.InvitationTaken, keyId is null ? "" : $"key ID {keyId}");
        }
        catch (InvitationException e)
        {
            return new Arrival(Outcome.UnexpectedError, e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<(string? Problem, string? KeyId)> ExamineAsync(string name, ReadOnlyMemory<byte> section, CancellationToken cancellationToken)
    {
        if (InvitedSection.FindFault(section.Span, name) is { } fault)
        {
            return ($"the section cannot be taken: {fault}", null);
        }

        Examination examination;
        try
        {
            examination = await examine(section, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            return (e.Message, null);
        }

        string? keyId = examination.Clients is [var client] ? client.Client.Settings.KeyId ?? client.Client.Settings.Fingerprint : null;
        return (examination.Problems is [var first, ..] ? first : null, keyId?.ToUpperInvariant());
    }

    private async Task<NewInvitation> InviteAsync(string name, TimeSpan valid)
    {
        if (!InvitedSection.IsName(name))
        {
            throw new ArgumentException(
                $"“{name}” is no name by which a machine can be invited: it has to have letters, digits, “.”, “-” and “_” alone, at most {InvitedSection.MostNameCharacters}");
        }

        if (valid <= TimeSpan.Zero || valid > InvitedSection.LongestTime)
        {
            throw new ArgumentException($"an invitation has to be valid for more than no time, and at most {InvitedSection.LongestTime.TotalDays} days");
        }

        if (_fault is { } fault)
        {
            throw new InvitationException($"nobody can be invited: {fault}");
        }

        if (await services.Loop.InvokeAsync(() => clients.TryGet(name, out _)).ConfigureAwait(false))
        {
            throw new InvitationException($"there is a client “{name}” already");
        }

        DateTimeOffset now = services.Clock.UtcNow;
        if (Find(name) is { } found)
        {
            throw new InvitationException(found.Arrived is null
                ? $"“{name}” is invited already; mandos-ctl --reject {name} takes that back"
                : $"what “{name}” has sent waits already; mandos-ctl --accept {name} or --reject {name} decides it");
        }

        StoredInvitation[] live = [.. _all.Where(one => one.IsLive(now))];
        if (live.Length >= InvitationLimits.MostLive)
        {
            throw new InvitationException($"{live.Length} machines are invited already, the most allowed; mandos-ctl --invitations lists them");
        }

        string pin = await Task.Run(ReadPin).ConfigureAwait(false);
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        var made = new StoredInvitation
        {
            Name = name,
            TokenHash = SHA256.HashData(Encoding.ASCII.GetBytes(token)),
            Created = now,
            Until = now + valid,
        };
        await SaveAsync([.. _all, made]).ConfigureAwait(false);
        _refused.TryRemove(name, out _);
        return new NewInvitation(token, pin, made.Until);
    }

    private string ReadPin()
    {
        try
        {
            return options.Tls.ReadPin();
        }
        catch (IOException e)
        {
            throw new InvitationException($"nobody can be invited: {e.Message}");
        }
    }

    /// <summary>The live invitation of a name; null if there is none.</summary>
    private StoredInvitation? Find(string name)
    {
        DateTimeOffset now = services.Clock.UtcNow;
        return _all.FirstOrDefault(one => one.Name == name && one.IsLive(now));
    }

    /// <summary>Carries out a command in a turn, to its end whether anybody waits or not, and records it.</summary>
    private async Task<T> CommandAsync<T>(AuditCommand command, string name, CommandSource source, Func<Task<T>> carryOut)
    {
        ArgumentNullException.ThrowIfNull(source);
        var given = new GivenCommand(command, ClientReference.ByName(name), source);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            RequireTrust(source);
            T result = await carryOut().ConfigureAwait(false);
            audit.Note(given, CommandOutcome.Done);
            return result;
        }
        catch (Exception e)
        {
            audit.Note(given, CommandOutcome.Failed, e.Message);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Replaces all, first on disk. Those that are of no more use are left out.</summary>
    private async Task SaveAsync(IReadOnlyList<StoredInvitation> all)
    {
        DateTimeOffset now = services.Clock.UtcNow;
        StoredInvitation[] ended =
            [.. all.Where(one => !one.IsLive(now) && !one.IsForgotten(now)).TakeLast(InvitationLimits.MostEnded).Select(static one => one with { Section = default })];
        StoredInvitation[] kept = [.. ended, .. all.Where(one => one.IsLive(now))];
        try
        {
            await Task.Run(() => options.File.Write(kept)).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new InvitationException($"invitations cannot be kept: {e.Message}");
        }

        _all = kept;
    }

    private static void RequireTrust(CommandSource source)
    {
        if (!source.MayReadSecrets)
        {
            throw new UnauthorizedAccessException("only root may invite machines and take up what they send: use sudo, or ssh root@…");
        }
    }
}
