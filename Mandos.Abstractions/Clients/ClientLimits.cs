namespace Mandos.Abstractions.Clients;

/// <summary>What a client can have at most.</summary>
public static class ClientLimits
{
    /// <summary>Bytes of a secret, in a file or given at run time. A secret is an encrypted password, which takes a few kilobytes.</summary>
    public const int SecretBytes = 1 << 20;

    /// <summary>Bytes of sections of <c>clients.conf</c> that are examined at once: one client with the largest secret, or some hundred usual ones.</summary>
    public const int SectionsBytes = 2 << 20;

    /// <summary>
    /// Characters of the name and of all texts of a client that a command adds, together. A file has one limit for all clients; here a
    /// caller gives one client at a time, and each is kept for good.
    /// </summary>
    public const int AddedTextLength = 1 << 16;

    /// <summary>
    /// Clients of one command for many (<see cref="Control.IMandosServer.CommandManyAsync"/>): it is saved within the seconds that a caller waits, and
    /// the records and events that it makes fit into their queues. For more, a caller gives it again.
    /// </summary>
    public const int ClientsOfCommand = 5000;

    /// <summary>Characters of the reason for an expected reboot.</summary>
    public const int RebootReasonLength = 200;

    /// <summary>How long a rehearsal can be expected.</summary>
    public static readonly TimeSpan LongestRehearsal = TimeSpan.FromDays(1);

    /// <summary>How long a reboot can be expected: a machine that is away for longer is away, whatever was planned.</summary>
    public static readonly TimeSpan LongestReboot = TimeSpan.FromDays(7);
}
