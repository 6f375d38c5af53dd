namespace Mandos.CheckerSsh.Keys;

/// <summary>A type of host keys that can be pinned.</summary>
/// <param name="Name">As the key itself says it, and as files and <c>ssh-keyscan</c> show it.</param>
/// <param name="Algorithms">
/// How it may sign, the best first. For RSA only with SHA-2 (RFC 8332): a signature with SHA-1, called <c>ssh-rsa</c> like the
/// key, proves little.
/// </param>
internal sealed record HostKeyType(string Name, params string[] Algorithms)
{
    /// <summary>Of keys of the type ssh-rsa.</summary>
    public static readonly HostKeyType Rsa = new("ssh-rsa", "rsa-sha2-512", "rsa-sha2-256");

    /// <summary>All of them, in the order in which a host is asked for them.</summary>
    public static readonly IReadOnlyList<HostKeyType> All =
    [
        new("ssh-ed25519", "ssh-ed25519"),
        new("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
        new("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
        new("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
        Rsa,
    ];

    /// <summary>The names of all of them, for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(type => type.Name));
}
