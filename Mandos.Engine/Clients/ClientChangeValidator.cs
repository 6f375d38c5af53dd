using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Clients;

/// <summary>Checks settings that come from outside before any is changed.</summary>
internal static class ClientChangeValidator
{
    /// <summary>Largest secret accepted at run time, in bytes. A secret is a few kilobytes: an encrypted password.</summary>
    public const int MaxSecretLength = 1 << 20;

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public static void Validate(ClientChange change)
    {
        if (change.Interval <= TimeSpan.Zero)
        {
            throw new ArgumentException("the interval must be more than zero");
        }

        NotNegative(change.Timeout, "timeout");
        NotNegative(change.ExtendedTimeout, "extended timeout");
        NotNegative(change.ApprovalDelay, "approval delay");
        NotNegative(change.ApprovalDuration, "approval duration");
        NoNul(change.Host, "host");
        NoNul(change.Checker, "checker");
    }

    /// <exception cref="ArgumentException">The secret is too long.</exception>
    public static void ValidateSecret(ReadOnlyMemory<byte> secret)
    {
        if (secret.Length > MaxSecretLength)
        {
            throw new ArgumentException($"a secret may have at most {MaxSecretLength} bytes, this one has {secret.Length}");
        }
    }

    private static void NotNegative(TimeSpan? value, string name)
    {
        if (value < TimeSpan.Zero)
        {
            throw new ArgumentException($"the {name} must not be negative");
        }
    }

    private static void NoNul(string? value, string name)
    {
        if (value?.Contains('\0', StringComparison.Ordinal) == true)
        {
            throw new ArgumentException($"the {name} must not contain a NUL character");
        }
    }
}
