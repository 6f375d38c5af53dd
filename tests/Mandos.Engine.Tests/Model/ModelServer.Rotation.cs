namespace Mandos.Engine.Tests.Model;

/// <content>Changes of clients' keys.</content>
internal sealed partial class ModelServer
{
    /// <summary>The client that is found by a key.</summary>
    public ModelClient? FindByKey(string? key) => Clients.Values.FirstOrDefault(c => key is not null && (c.Key == key || c.File.Next?.Key == key));

    /// <summary>The next key takes the place of the present one.</summary>
    public void Promote(ModelClient c)
    {
        c.RetiredKey = c.Key;
        c.PromotedAt = Wall;
        c.File = c.File.Promoted();
        c.Settings = c.Settings with { KeyId = c.File.Settings.KeyId };
        c.Secret = c.File.Secret;
        BecomeAnother(c);
        if (c.Tried is { } tried)
        {
            c.Proven = (tried.At, tried.Secret, tried.Host);
            c.Tried = null;
        }

        CheckProof(c);
    }

    /// <summary>What the file says, after what has become of the client.</summary>
    private static ModelDefinition Resolve(ModelDefinition definition, string? key, string? retired)
        => definition.Next is { } next && next.Key == key && definition.Key == retired ? definition.Promoted() : definition;

    private void PromoteIfTried(ModelClient c)
    {
        if (c.Tried is { } tried && tried.Check != c.Checks && !Connections.Any(x => x.Client == c && x.Phase is ModelPhase.Held or ModelPhase.Sending))
        {
            Promote(c);
        }
    }

    /// <summary>Is told of a client whose state may be saved as it is at once.</summary>
    public Action<string>? OnSaved { get; set; }

    /// <summary>The present key is about to get its secret.</summary>
    private void EndTrial(ModelConnection x)
    {
        ModelClient c = x.Client!;
        if (c.File.Next is null || x.IsRehearsal || x.Key != c.Key)
        {
            return;
        }

        foreach (ModelConnection other in Connections.Where(other => other.Client == c && other.Phase == ModelPhase.Sending))
        {
            other.IsOvertaken = true;
        }

        if (c.Tried is not null)
        {
            c.Tried = null;
            OnSaved?.Invoke(c.Name);
        }
    }

    private void NoteTrial(ModelConnection x)
    {
        ModelClient c = x.Client!;
        if (c.File.Next is { } next && x.Key == next.Key && x is { IsRehearsal: false, IsAnomalous: false, IsOvertaken: false })
        {
            c.Tried = (Wall, next.Secret, c.Settings.Host, c.Check == ModelCheck.None ? 0 : c.Checks);
        }
    }

    /// <summary>A reload gives another next key, or another secret for it.</summary>
    private void ChangeNext(ModelClient c, (string Key, string Secret)? former)
    {
        RefuseStrangers(c);
        if (former is { } old && c.File.Next is { } next && next.Key == old.Key && next.Secret != old.Secret)
        {
            AbortSends(c, old.Key);
        }
    }

    /// <summary>The file gives a client the key again that was retired.</summary>
    private void ChangeKey(ModelClient c)
    {
        (c.BootsSinceAlive, c.LastSecret) = (0, null);
        c.HardwareAddresses.Clear();
        EndReboot(c);
        Rehearse(c, TimeSpan.Zero);
        EndApproval(c);
        BecomeAnother(c);
        c.Settings = c.Settings with { KeyId = c.File.Settings.KeyId };
        (c.RetiredKey, c.PromotedAt) = (null, null);
    }

    /// <summary>To those who hear of it, it is another client. They hear of rehearsals that this ends once their connections have ended.</summary>
    private void BecomeAnother(ModelClient c)
    {
        int before = c.Counts.Rehearsed;
        RefuseStrangers(c);
        c.Counts = new ModelCounts { Rehearsed = c.Counts.Rehearsed - before };
    }

    /// <summary>Who has a key that is the client's no more gets nothing.</summary>
    private void RefuseStrangers(ModelClient c)
    {
        foreach (ModelConnection x in WaitingFor(c).Where(x => x.Key != c.Key && x.Key != c.File.Next?.Key))
        {
            Refuse(x, () => c.Counts.Disabled++);
        }

        foreach (ModelConnection x in Connections
            .Where(x => x.Client == c && x.Phase == ModelPhase.Sending && x.Key != c.Key && x.Key != c.File.Next?.Key).ToArray())
        {
            WriteEnded(x, false);
        }
    }
}
