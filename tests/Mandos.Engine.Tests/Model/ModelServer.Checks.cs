using Mandos.Abstractions.Checking;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Model;

/// <content>Checks.</content>
internal sealed partial class ModelServer
{
    public static void StartCheck(ModelClient c)
    {
        if (c.Check == ModelCheck.None)
        {
            c.Check = ModelCheck.Queued;
            c.Checks++;
            if (c.Dying == 0)
            {
                c.Check = ModelCheck.Beginning;
            }
        }
    }

    public static void StopCheck(ModelClient c)
    {
        if (c.Check == ModelCheck.Running && c.IsStubborn)
        {
            c.Dying++;
        }

        c.Check = ModelCheck.None;
    }

    public static void CheckDied(ModelClient c)
    {
        if (--c.Dying == 0 && c.Check == ModelCheck.Queued)
        {
            c.Check = ModelCheck.Beginning;
        }
    }

    /// <summary>A running check ended by itself.</summary>
    public void EndCheck(ModelClient c, CheckResult result)
    {
        c.Check = ModelCheck.None;
        c.Counts.Completed++;
        c.Status = result.ExitCode;
        if (result.IsSuccess)
        {
            bool isAlive = IsAlive(c);
            CheckedOk(c);
            if (isAlive)
            {
                PromoteIfTried(c);
            }
        }
    }

    /// <summary>Runs the checks that begin now; some end at once.</summary>
    public void RunChecks()
    {
        foreach (ModelClient c in Clients.Values.Where(static c => c.Check == ModelCheck.Beginning).ToArray())
        {
            CheckPlan plan = planOf(c.Name);
            c.Check = ModelCheck.None;
            switch (plan.Mode)
            {
                case CheckMode.CannotBePrepared:
                    break;
                case CheckMode.ThrowsInPreparing:
                    c.Status = -1;
                    break;
                case CheckMode.Ends:
                    c.Counts.Started++;
                    EndCheck(c, plan.Result);
                    break;
                case CheckMode.Throws:
                    c.Counts.Started++;
                    EndCheck(c, CheckResult.Failed("a fault"));
                    break;
                default:
                    c.Counts.Started++;
                    c.Check = ModelCheck.Running;
                    c.IsStubborn = plan.Mode == CheckMode.IsStubborn;
                    break;
            }
        }
    }
}
