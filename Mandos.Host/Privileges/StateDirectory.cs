using Mandos.Host.Server;
using Mandos.Host.Unix;

namespace Mandos.Host.Privileges;

/// <summary>The directory where plugins keep state.</summary>
internal static class StateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it if it is not there, before privileges are dropped.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="owner">Whom a new, or an empty one of root's, is given to; null for nobody.</param>
    /// <exception cref="StartException">It cannot be done.</exception>
    /// <remarks>One with files in it is left as it is: the path may be a mistake, and root's files must not become another's by it.</remarks>
    public static void Create(string path, ServerAccount? owner)
    {
        try
        {
            bool isNew = !Directory.Exists(path);
            Directory.CreateDirectory(path, OwnerOnly);
            bool isOurs = isNew || (File.GetUnixFileMode(path) == OwnerOnly && !Directory.EnumerateFileSystemEntries(path).Any());
            if (owner is not null && isOurs && Libc.lchown(path, owner.UserId, owner.GroupId) != 0)
            {
                throw new IOException(Libc.LastError);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{path}: cannot create the state directory: {e.Message}");
        }
    }

    /// <summary>Makes sure that this process can use it, after privileges were dropped.</summary>
    /// <param name="path">Absolute path.</param>
    /// <exception cref="StartException">It cannot.</exception>
    public static void Check(string path)
    {
        if (Libc.access(path, Libc.R_OK | Libc.W_OK | Libc.X_OK) != 0)
        {
            throw new StartException($"{path}: user {Environment.UserName} cannot use this state directory: {Libc.LastError}; "
                + $"give it to that user, with all that is in it (chown -R {Environment.UserName}: {path}), "
                + "and let that user pass through the directories above");
        }
    }
}
