using Mandos.Abstractions.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Model;

internal enum ModelPhase
{
    FirstLine,
    Handshake,
    Held,
    Sending,
    Closing,

    /// <summary>Closing after it got nothing.</summary>
    Refused,
    Ended,
}

/// <summary>A connection as the rules have it, with the peer that plays it.</summary>
internal sealed class ModelConnection(FakePeer peer)
{
    public FakePeer Peer { get; } = peer;

    public ModelPhase Phase { get; set; } = ModelPhase.FirstLine;

    /// <summary>The key that it has; null: a key of no client.</summary>
    public string? Key { get; init; }

    /// <summary>The client whose secret it wants, once its key is proved.</summary>
    public ModelClient? Client { get; set; }

    /// <summary>When the phase is over.</summary>
    public ModelDeadline End { get; } = new();

    /// <summary>Whether the version has been sent without its newline.</summary>
    public bool HasSentHalf { get; set; }

    /// <summary>Null: hangs.</summary>
    public bool? HandshakeSucceeds { get; set; }

    /// <summary>Null: hangs.</summary>
    public bool? WriteSucceeds { get; set; }

    public bool IsGone { get; set; }

    /// <summary>Where it comes from.</summary>
    public string Address => Peer.RemoteEndPoint.Address.ToString();

    /// <summary>Among those whose keys are proved: a later one has a larger number.</summary>
    public int Turn { get; set; }

    /// <summary>Whether it got nothing, by a decision.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Whether two machines seem to have its key.</summary>
    public bool IsAnomalous { get; set; }

    /// <summary>Whether it gets its secret only if a person approves.</summary>
    public bool IsStopped => IsAnomalous && Client!.Settings.Anomaly != AnomalyBehaviour.Log;

    /// <summary>Whether it was announced as a rehearsal, and nobody has told yet how that went.</summary>
    public bool IsRehearsal { get; set; }

    /// <summary>Whether the present key was granted its secret after this one.</summary>
    public bool IsOvertaken { get; set; }

    public bool CountsAsPending { get; set; }

    /// <summary>The secret that is being sent.</summary>
    public string? Sending { get; set; }

    /// <summary>The secret that it got.</summary>
    public string? Got { get; set; }
}
