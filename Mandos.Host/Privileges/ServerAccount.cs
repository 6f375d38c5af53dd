using System.Runtime.InteropServices;
using Mandos.Host.Unix;

namespace Mandos.Host.Privileges;

/// <summary>The user and group that a server started by root becomes.</summary>
/// <param name="User">Name of the user.</param>
/// <param name="Group">Name of the group.</param>
/// <param name="UserId">Number of the user.</param>
/// <param name="GroupId">Number of the group.</param>
internal sealed unsafe record ServerAccount(string User, string Group, uint UserId, uint GroupId)
{
    /// <summary>The number that stands for nobody on every Linux system.</summary>
    private const uint NobodyId = 65534;

    private static readonly (string User, string Group)[] _candidates =
        [("_mandos", "_mandos"), ("mandos", "mandos"), ("nobody", "nogroup")];

    /// <summary>Finds it: the first of the known accounts of which both user and group are there.</summary>
    public static ServerAccount Find()
    {
        foreach ((string user, string group) in _candidates)
        {
            if (Libc.getpwnam(user) is var userEntry && userEntry is not null
                && Libc.getgrnam(group) is var groupEntry && groupEntry is not null)
            {
                return new ServerAccount(user, group, userEntry->User, groupEntry->Group);
            }
        }

        return new ServerAccount($"{NobodyId}", $"{NobodyId}", NobodyId, NobodyId);
    }

    /// <summary>Whether this process is of this user already.</summary>
    public bool IsOwn => Libc.geteuid() == UserId;

    /// <summary>Makes this process, with all its threads, one of this user and this group and of no other group, for good.</summary>
    /// <param name="isForbidden">
    /// Whether root may not do so here at all, as in a container without CAP_SETUID or CAP_SETGID: then it is no root to be afraid of.
    /// </param>
    /// <returns>What went wrong; null if nothing did.</returns>
    public string? Become(out bool isForbidden)
    {
        // The C library changes all threads; the kernel's own calls would change one.
        bool isDone = Libc.setgroups(0, null) == 0
            && Libc.setresgid(GroupId, GroupId, GroupId) == 0
            && Libc.setresuid(UserId, UserId, UserId) == 0;
        isForbidden = !isDone && Marshal.GetLastPInvokeError() is Libc.EPERM or Libc.EINVAL; // EINVAL: the number means nothing there
        return isDone ? null : Libc.LastError;
    }
}
