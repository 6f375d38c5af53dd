namespace Mandos.Engine.Tests.Model;

/// <summary>How often control surfaces have heard of something.</summary>
internal sealed record ModelCounts
{
    public int Started { get; set; }

    public int Completed { get; set; }

    public int GotSecret { get; set; }

    public int NeedApproval { get; set; }

    public int Disabled { get; set; }

    public int Denied { get; set; }

    public int TimedOut { get; set; }

    public int Conflicts { get; set; }

    public int Anomalies { get; set; }

    public int RebootsExpected { get; set; }

    public int RebootsEnded { get; set; }

    public int Rehearsed { get; set; }

    public int Unproven { get; set; }
}
