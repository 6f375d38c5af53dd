using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Commands;

/// <summary>What the commands that write sections into the server's files have in common.</summary>
internal static class ServerFiles
{
    /// <summary>Says what is wrong with sections.</summary>
    /// <param name="examination">What the server says of them.</param>
    /// <param name="otherwise">What has become of them then.</param>
    /// <exception cref="ServerException">Something is.</exception>
    public static void RequireNoProblems(Examination examination, string otherwise)
    {
        foreach (string problem in examination.Problems)
        {
            Console.Error.WriteLine($"mandos-ctl: {SafeText.From(problem)}");
        }

        if (examination.Problems.Count > 0)
        {
            throw new ServerException(otherwise);
        }
    }

    /// <summary>Says what is doubtful about sections.</summary>
    public static void WarnOf(IEnumerable<string> doubts)
    {
        foreach (string doubt in doubts)
        {
            Console.Error.WriteLine($"mandos-ctl: warning: {SafeText.From(doubt)}");
        }
    }

    /// <summary>The server says where its files are; but root writes only where a person says, or where they usually are.</summary>
    /// <exception cref="ServerException">They are elsewhere.</exception>
    public static void RequireDirectory(CtlArguments given, Examination examination)
    {
        if (examination.ConfigDirectory != given.ConfigDirectory)
        {
            throw new ServerException($"the server has its files in {SafeText.From(examination.ConfigDirectory)}, not in {SafeText.From(given.ConfigDirectory)}; "
                + $"if that is right, say --configdir {SafeText.From(examination.ConfigDirectory)}");
        }
    }

    /// <summary>Why files could not be written.</summary>
    /// <param name="e">An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    public static ServerException Fault(Exception e)
        => new(SafeText.From(e.Message.ReplaceLineEndings(" ")) + (e is UnauthorizedAccessException ? " Only root may write there: use sudo, or ssh root@…" : ""));
}
