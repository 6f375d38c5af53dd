using Mandos.Abstractions.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Clients;

/// <summary>One connection's request for the secret of its client. Owned by the engine loop but for <see cref="Outcome"/>.</summary>
internal sealed class OpenRequest(Client client, SecretRequest description)
{
    private readonly TaskCompletionSource<RequestOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _ended;
    private bool _isHeldForPerson;

    public Client Client { get; } = client;

    /// <summary>Its number, where it comes from, and the key that the peer has proved to own, by which it was found to be the client.</summary>
    public SecretRequest Description { get; } = description;

    /// <summary>When it was opened, by the engine's clock.</summary>
    public required TimeSpan Opened { get; init; }

    /// <summary>What becomes of the request.</summary>
    public Task<RequestOutcome> Outcome => _outcome.Task;

    /// <summary>Its place among the requests that wait; null when it does not wait.</summary>
    public LinkedListNode<OpenRequest>? Place { get; set; }

    /// <summary>When its wait for approval ends.</summary>
    public Deadline? WaitEnd { get; set; }

    /// <summary>Whether it is counted in the client's approvals pending.</summary>
    public bool IsPending { get; set; }

    /// <summary>Whether it is decided, and gets nothing.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Whether it is granted and not over: its secret is at the gates, or on its way.</summary>
    public bool IsGranted { get; private set; }

    /// <summary>Why it was granted or refused; of no meaning before.</summary>
    public Outcome Reason { get; private set; }

    /// <summary>Whether release gates have still to agree, so that nothing of the secret is written.</summary>
    public bool IsAtGates { get; set; }

    /// <summary>
    /// Whether it waits, or has waited when it was decided, because this server alone cannot decide, and not, or not only, because a person has to
    /// approve its client. For any thread.
    /// </summary>
    public bool IsHeldForPerson
    {
        get => Volatile.Read(ref _isHeldForPerson);
        set => Volatile.Write(ref _isHeldForPerson, value);
    }

    /// <summary>Whether the client's present key was granted its secret after this one, which has the next key.</summary>
    public bool IsOvertaken { get; set; }

    /// <summary>Whether something says that another machine has the client's key too.</summary>
    public bool IsAnomalous { get; set; }

    /// <summary>Whether it gets the secret for that only if a person approves, or not at all.</summary>
    public bool IsStopped => IsAnomalous && Client.Settings.Anomaly != AnomalyBehaviour.Log;

    /// <summary>Why it gets nothing although it was granted; null if nobody has taken that back while it was at the gates.</summary>
    public Outcome? Withdrawn { get; set; }

    /// <summary>Whether a person was told to expect it, as a rehearsal of the client's boot. For any thread once the connection knows it.</summary>
    public bool IsRehearsal { get; set; }

    /// <summary>Breaks the connection off; takes why, as “its client was …”. Null until the connection is known.</summary>
    public Action<string>? OnAbort { get; set; }

    /// <summary>Whether it was broken off while its secret was on its way.</summary>
    public bool IsAborted { get; private set; }

    /// <summary>Whether its secret may be on its way now.</summary>
    public bool IsBeingSent => IsGranted && !IsAtGates;

    /// <summary>Ends when nothing of the secret will be written any more.</summary>
    public Task WhenEnded
    {
        get
        {
            _ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!IsGranted)
            {
                _ended.TrySetResult();
            }

            return _ended.Task;
        }
    }

    public void Decide(RequestOutcome outcome)
    {
        Reason = outcome.Outcome;
        IsRefused = outcome.Secret is null;
        IsGranted = outcome.Secret is not null;
        _outcome.SetResult(outcome);
    }

    /// <summary>Breaks its connection off.</summary>
    public void Abort(string why)
    {
        IsAborted = true;
        OnAbort?.Invoke(why);
    }

    /// <summary>Notes that its secret is out, or will not go out.</summary>
    public void End()
    {
        IsGranted = false;
        _ended?.TrySetResult();
    }
}
