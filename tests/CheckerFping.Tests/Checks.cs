using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerFping;
using Mandos.TestKit;

namespace CheckerFping.Tests;

/// <summary>Makes and runs checks with the real shell and the real clock.</summary>
internal static class Checks
{
    public static CancellationToken TestEnds => Xunit.TestContext.Current.CancellationToken;

    public static ClientSnapshot Client(string checker, string host = "") => new()
    {
        Name = "client",
        Settings = new() { Checker = checker, Host = host },
        Created = DateTimeOffset.UnixEpoch,
    };

    public static ICheck Prepare(string checker, string host = "", bool debug = false)
        => new ShellChecker(new TestPluginContext { Debug = debug }).Prepare(Client(checker, host));

    public static Task<CheckResult> RunAsync(string checker, string host = "")
        => Prepare(checker, host).RunAsync(TestEnds);

    /// <summary>What a command prints; it must succeed.</summary>
    public static async Task<string> OutputAsync(string command, string host = "")
    {
        using TemporaryDirectory directory = new();
        string file = directory.PathOf("output");
        CheckResult result = await RunAsync($"exec >{file}; {command}", host);
        Assert.True(result.IsSuccess, result.ToString());
        return await File.ReadAllTextAsync(file, TestEnds);
    }
}
