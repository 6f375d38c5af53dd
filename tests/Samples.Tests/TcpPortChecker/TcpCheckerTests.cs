using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Samples;
using Mandos.TcpPortChecker;
using Microsoft.Extensions.Time.Testing;

namespace Samples.Tests.TcpPortChecker;

public sealed class TcpCheckerTests
{
    [Fact]
    public async Task Check_NoAnswer_EndsByItsTimeLimit()
    {
        using var listener = new Listener(full: true);
        var time = new FakeTimeProvider();
        using var context = new ContractContext { TimeProvider = time };
        Task<CheckResult> run = new TcpChecker(context).Prepare(listener.AsClient(("tcp_timeout", "7")))
            .RunAsync(TestContext.Current.CancellationToken);
        Assert.False(run.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(7));
        CheckResult result = await run;

        Assert.False(result.IsSuccess);
        Assert.EndsWith(": no answer within 7 s", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp_port", null)]
    [InlineData("tcp_port", "0")]
    [InlineData("tcp_port", "65536")]
    [InlineData("tcp_port", "ssh")]
    [InlineData("tcp_timeout", "0")]
    [InlineData("tcp_timeout", "601")]
    [InlineData("tcp_timeout", "PT5S")]
    [InlineData("host", "")]
    [InlineData("host", "two\nlines")]
    public void Validate_BadValue_NamesItsOption(string option, string? value)
    {
        using var context = new ContractContext();
        var checker = new TcpChecker(context);
        ClientSnapshot good = SampleClients.Snapshot(0) with
        {
            Settings = SampleClients.Settings(0) with { Options = new Dictionary<string, string> { ["tcp_port"] = "22" } },
        };
        Assert.Empty(checker.Validate(good.Settings));

        ClientSettings bad = option == "host"
            ? good.Settings with { Host = value! }
            : good.Settings with { Options = With(good.Settings.Options, option, value) };

        Assert.Equal(option, Assert.Single(checker.Validate(bad)).Option);
        var refusal = Assert.Throws<CheckPreparationException>(() => checker.Prepare(good with { Settings = bad }));
        Assert.StartsWith(option, refusal.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> options, string name, string? value)
    {
        var all = options.ToDictionary();
        all.Remove(name);
        if (value is not null)
        {
            all[name] = value;
        }

        return all;
    }
}
