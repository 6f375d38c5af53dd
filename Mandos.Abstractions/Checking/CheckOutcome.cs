namespace Mandos.Abstractions.Checking;

/// <summary>The ways in which a check ends.</summary>
public enum CheckOutcome
{
    /// <summary>It could not be carried out; <see cref="CheckResult.Error"/> says why.</summary>
    Failed,

    /// <summary>It ended by itself with <see cref="CheckResult.ExitCode"/>.</summary>
    Exited,

    /// <summary>It was ended by <see cref="CheckResult.Signal"/>.</summary>
    Signaled,
}
