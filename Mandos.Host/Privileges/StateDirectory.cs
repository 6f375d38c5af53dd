using Mandos.Host.Unix;

namespace Mandos.Host.Privileges;

/// <summary>The directory where plugins keep state.</summary>
internal static class StateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it if it is not there, before privileges are dropped.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="owner">The user that gets a new directory, or an empty one of root's; null for nobody.</param>
    /// <param name="isGiven">Whether it was given.</param>
    /// <param name="isNew">Whether it was not there.</param>
    /// <returns>What went wrong; null if nothing did. <see cref="FindFault"/> tells whether it can be used all the same.</returns>
    /// <remarks>A directory with files in it is left as it is: the path may be a mistake, and root's files must not become another user's.</remarks>
    public static string? Create(string path, ServerAccount? owner, out bool isGiven, out bool isNew)
    {
        isGiven = false;
        bool isThere = Directory.Exists(path);
        isNew = !isThere;
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            bool isOurs = !isThere || (File.GetUnixFileMode(path) == OwnerOnly && !Directory.EnumerateFileSystemEntries(path).Any());
            if (owner is null || !isOurs)
            {
                return null;
            }

            isGiven = Libc.lchown(path, owner.UserId, owner.GroupId) == 0;
            return isGiven ? null : $"{path}: cannot give the state directory to user {owner.User}: {Libc.LastError}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return isThere ? $"{path}: cannot look into the state directory: {e.Message}"
                : $"{path}: cannot create the state directory: {e.Message}";
        }
    }

    /// <summary>Takes it back for this process, which could not become the one it was given to.</summary>
    /// <param name="path">Absolute path.</param>
    public static void TakeBack(string path) => _ = Libc.lchown(path, Libc.geteuid(), Libc.getegid());

    /// <summary>Finds out whether this process can read it, after privileges were dropped; whether it can write there shows later.</summary>
    /// <param name="path">Absolute path.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? FindFault(string path)
        => Libc.access(path, Libc.R_OK | Libc.X_OK) == 0
            ? null
            : $"{path}: user {OwnProcess.UserName} cannot use this state directory: {Libc.LastError}; "
                + $"give it to that user, with all that is in it (chown -R {OwnProcess.UserName}: {path}), "
                + "and let that user pass through the directories above";
}
