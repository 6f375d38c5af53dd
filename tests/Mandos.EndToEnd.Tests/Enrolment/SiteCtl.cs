using Mandos.EndToEnd.Tests.Web;

namespace Mandos.EndToEnd.Tests.Enrolment;

/// <summary>Runs <c>mandos-ctl</c> by a site's socket, and on its files.</summary>
internal static class SiteCtl
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    /// <summary>Runs it.</summary>
    public static Task<CommandResult> RunAsync(WebSite site, string input, params string[] arguments)
    {
        bool isOfFiles = arguments[0] is "--add" or "--remove" or "--purge" or "--rotate" or "--tidy";
        string[] directory = isOfFiles ? ["--configdir", site.Server.ConfigDirectory] : [];
        return Command.RunAsync(Command.Describe(_ctl, ["--socket", site.Socket, .. directory, .. arguments]), input);
    }

    /// <summary>Runs it, which must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public static async Task<string> RequireAsync(WebSite site, string input, params string[] arguments)
    {
        CommandResult result = await RunAsync(site, input, arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)} failed: {result.Errors}");
        return result.Output;
    }

    /// <summary>Runs it, and has it killed before an operation on the server's files.</summary>
    /// <returns>0 if there was no such operation, and it has ended well.</returns>
    public static async Task<int> KillAtAsync(WebSite site, int operation, string input, params string[] arguments)
    {
        const int Killed = 137;
        using Stream stream = typeof(SiteCtl).Assembly.GetManifestResourceStream("kill-at.py")!;
        using var reader = new StreamReader(stream);
        string script = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        CommandResult result = await Command.RunAsync(
            Command.Describe(
                "python3",
                ["-c", script, $"{operation}", site.Server.ConfigDirectory, _ctl, "--socket", site.Socket, "--configdir", site.Server.ConfigDirectory, .. arguments]),
            input);
        Assert.True(result.ExitCode is 0 or Killed, $"it ended with {result.ExitCode}: {result.Errors}");
        return result.ExitCode;
    }
}
