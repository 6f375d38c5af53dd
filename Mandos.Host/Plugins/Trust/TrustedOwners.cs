using Mandos.Host.Unix;

namespace Mandos.Host.Plugins.Trust;

/// <summary>The users whose files may become part of the server.</summary>
internal sealed class TrustedOwners
{
    private const uint Root = 0;

    private readonly uint _user;

    /// <summary>Trusts root and one more user, who may be root as well.</summary>
    /// <param name="user">Number of the user.</param>
    public TrustedOwners(uint user) => _user = user;

    /// <summary>
    /// Root and the user of this process. Ask before the server drops root's rights: the user that it becomes must not decide what runs,
    /// or an attacker who takes over the server could stay in it over a restart.
    /// </summary>
    public static TrustedOwners Current() => new(Libc.geteuid());

    /// <summary>Whether a user is one of them.</summary>
    public bool Contains(uint user) => user == Root || user == _user;

    /// <summary>Who they are, for a message.</summary>
    public override string ToString() => _user == Root ? "root" : $"root or user {_user}";
}
