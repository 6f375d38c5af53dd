using Mandos.Abstractions.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Clients;

/// <summary>One connection's request for the secret of its client. Owned by the engine loop but for <see cref="Outcome"/>.</summary>
internal sealed class OpenRequest(Client client, SecretRequest description)
{
    private readonly TaskCompletionSource<RequestOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Client Client { get; } = client;

    /// <summary>Its number, where it comes from, and the key that the peer has proved to own, by which it was found to be the client.</summary>
    public SecretRequest Description { get; } = description;

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

    public void Decide(RequestOutcome outcome)
    {
        IsRefused = outcome.Secret is null;
        _outcome.SetResult(outcome);
    }
}
