using Mandos.Abstractions.Plugins;

namespace Mandos.Notify.Delivery;

/// <summary>What targets may cost, each with its reason.</summary>
internal static class DeliveryLimits
{
    /// <summary>Messages that wait for one target as they are; a summary tells what comes after that.</summary>
    public const int Waiting = 32;

    /// <summary>Messages that one target gets at once after a quiet time: more than a person reads.</summary>
    public const int Burst = 10;

    /// <summary>Attempts to deliver one message. With <see cref="Pauses"/> they go on for eight minutes, and for three quarters of an hour if earlier ones failed.</summary>
    public const int Attempts = 10;

    /// <summary>After a burst, one message in this time: three in a minute, so that services for all, which count, do not bar the server.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    /// <summary>How long one attempt may take.</summary>
    public static readonly TimeSpan Attempt = TimeSpan.FromSeconds(30);

    /// <summary>Between attempts.</summary>
    public static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    /// <summary>The longest pause that a target may ask for.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    /// <summary>For what is left when the server ends. The server waits ten seconds for a control surface.</summary>
    public static readonly TimeSpan Flush = TimeSpan.FromSeconds(2);
}
