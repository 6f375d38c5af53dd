using Mandos.Host.Unix;

namespace Mandos.Host.Privileges;

/// <summary>The files of the program and of .NET, of which parts are loaded when they are first used.</summary>
internal static class ProgramFiles
{
    /// <summary>Finds out whether this process can read them, after privileges were dropped: loading would fail in obscure ways.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? FindUnreadable()
    {
        foreach (string directory in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(typeof(object).Assembly.Location)! })
        {
            if (Libc.access(directory, Libc.R_OK | Libc.X_OK) != 0)
            {
                return $"{directory}: user {OwnProcess.UserName} cannot read the program: {Libc.LastError}; "
                    + "install it, and .NET, where everybody may read";
            }
        }

        return null;
    }
}
