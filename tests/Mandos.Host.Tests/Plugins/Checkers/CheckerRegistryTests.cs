using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.BadPlugins;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Checkers;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Isolation;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Tests.Plugins.Instances;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Plugins.Checkers;

/// <summary>What clients ask of checkers, compared with the checkers that there are.</summary>
public sealed class CheckerRegistryTests : IDisposable
{
    private readonly PluginFolder _folder = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly WaitClock _clock = new();
    private string _text = "";
    private int _clients;

    private string File => _directory.PathOf("clients.conf");

    public void Dispose()
    {
        _folder.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Validate_GoodClients_FindsNothing()
    {
        CompileShell();
        CompileChecker("Ssh", "ssh", "ssh_port");
        AddClient("plain");
        AddClient("named", "checker_plugin = shell");
        AddClient("other", "checker_plugin = ssh", "ssh_port = 22");

        CheckerReport report = await ValidateAsync(Load());

        Assert.Equal((0, 0, 0, 0), (report.Problems.Count, report.Broken.Count, report.Unusable.Count, report.Notes.Count));
    }

    [Fact]
    public async Task Validate_UnknownChecker_NamesThoseThereAre()
    {
        CompileShell();
        CompileChecker("Tcp", "tcp");
        AddClient("a", "checker_plugin = tpc");

        AssertProblems(
            await ValidateAsync(Load()), $"{File}:4: checker_plugin: there is no checker “tpc” under {_folder.Root}; choose shell or tcp");
    }

    [Fact]
    public async Task Validate_UnknownCheckerInDefault_IsSaidOnceAndThere()
    {
        CompileShell();
        _text = "[DEFAULT]\nchecker_plugin = tpc\n";
        AddClient("a");
        AddClient("b");
        AddClient("c", "checker_plugin = shell");

        AssertProblems(
            await ValidateAsync(Load()), $"{File}:2: checker_plugin: there is no checker “tpc” under {_folder.Root}; choose shell");
    }

    [Fact]
    public async Task Validate_DisabledChecker_SaysWhatDisablesIt()
    {
        CompileShell();
        CompileChecker("Ssh", "ssh");
        AddClient("a", "checker_plugin = ssh");

        AssertProblems(
            await ValidateAsync(Load("plugins: {Ssh: {enabled: no}}")),
            $"{File}:4: checker_plugin: checker “ssh” is in plugin Ssh, which is not used: it is switched off at plugins.yaml:1; choose shell");
    }

    [Fact]
    public async Task Validate_NoStandardChecker_IsOneProblem()
    {
        CompileChecker("Ssh", "ssh");
        AddClient("a");
        AddClient("b", "checker_plugin = shell");
        AddClient("c", "checker_plugin = ssh");

        CheckerReport report = await ValidateAsync(Load());

        AssertProblems(report);
        Assert.Equal(
            $"{File}:1: 2 clients, the first of them here, have the standard checker; there is no checker “shell” under {_folder.Root}; "
                + "choose ssh; put back plugin CheckerFping, or name another by checker_plugin",
            report.NoStandardChecker?.ToString());
    }

    [Theory]
    [InlineData("7, 0", "", "plugin Ssh: plugin Ssh needs contract 7.0, this server has 2.0")]
    [InlineData("2, 0", "public Checker() => throw new Exception(\"no luck\");", "plugin Ssh: cannot create checker “ssh”: no luck")]
    public async Task Validate_CheckerThatCannotBeUsed_FailsItsChecksAlone(string contract, string member, string reason)
    {
        CompileShell();
        CompileChecker("Ssh", "ssh", "ssh_port", member, contract);
        AddClient("a", "checker_plugin = ssh", "ssh_prot = 1");
        AddClient("b", "checker_plugin = ssh");
        AddClient("c");
        CheckerRegistry registry = Load();

        CheckerReport report = await ValidateAsync(registry);

        Assert.Empty(report.Problems);
        Assert.Equal(
            [$"{File}:4: checker_plugin: checker “ssh” cannot be used, so all checks of 2 clients fail until they are disabled: {reason}"],
            report.Unusable.Select(problem => problem.ToString()));
        ICheck check = registry.ForEngine()["ssh"].Prepare(Client("a"));
        CheckResult result = await check.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((CheckOutcome.Failed, reason), (result.Outcome, result.Error));
        Assert.Equal("checker “ssh”, which cannot be used", check.Description);
        Assert.Throws<CheckPreparationException>(() => registry.ForEngine()["shell"].Prepare(Client("c")));
    }

    [Fact]
    public async Task Validate_PluginOfWhichNothingIsKnown_MayHaveBeenTheChecker()
    {
        CompileShell();
        System.IO.File.WriteAllText(_folder.InFolder("Ssh"), "no assembly");
        AddClient("a", "checker_plugin = ssh");

        CheckerReport report = await ValidateAsync(Load());

        Assert.Empty(report.Problems);
        Assert.Contains("checker “ssh” cannot be used, so all checks of 1 client fail until", Assert.Single(report.Unusable).Message, StringComparison.Ordinal);
        Assert.Contains("plugin Ssh: it is not a .NET assembly", report.Unusable[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_UnknownOptions_AreProblemsWhereTheCheckerDeclaresItsOwn()
    {
        CompileShell();
        CompileChecker("Ssh", "ssh", "ssh_host_key\", \"ssh_port");
        CompileChecker("Any", "any");
        _text = "[DEFAULT]\nssh_port = 22\nhue = red\n";
        AddClient("a", "checker_plugin = ssh", "ssh_prot = 2222", "ssh_host_key = x");
        AddClient("b", "checker_plugin = any", "size = 1");
        AddClient("c", "ssh_host_key = x", "ssh_fingerprint = what mandos-keygen writes for people");
        AddClient("d", "checker_plugin = ssh", "ssh_fingerprint = likewise");

        CheckerReport report = await ValidateAsync(Load());

        AssertProblems(
            report,
            $"{File}:8: option ssh_prot is unknown to the server and to checker “ssh”, which takes ssh_host_key, ssh_port");
        Assert.Equal(
            [
                $"{File}:3: option hue is unknown, and no checker in use takes it",
                $"{File}:14: option size is unknown, and no checker in use takes it",
                $"{File}:18: option ssh_host_key is unknown, and no checker in use takes it",
            ],
            report.Notes.Select(note => note.ToString()));
    }

    [Fact]
    public async Task Validate_ProblemsOfTheChecker_AreSaidAtTheirOptions()
    {
        CompileShell();
        CompileChecker("Ssh", "ssh", "ssh_port", """
            public System.Collections.Generic.IReadOnlyList<OptionProblem> Validate(ClientSettings settings) =>
            [
                new("ssh_port", settings.Options["ssh_port"] + " is\nno port"), new("host", "is missing"), new("ssh_key", "is missing"),
            ];
            """);
        _text = "[DEFAULT]\nssh_port = 0\n";
        AddClient("a", "checker_plugin = ssh", "host = h");
        AddClient("b", "checker_plugin = ssh", "ssh_port = -1");

        AssertProblems(
            await ValidateAsync(Load()),
            $"{File}:2: ssh_port: 0 is\\nno port",
            $"{File}:3: client [a] ssh_key: is missing",
            $"{File}:7: host: is missing",
            $"{File}:8: client [b] host: is missing",
            $"{File}:8: client [b] ssh_key: is missing",
            $"{File}:12: ssh_port: -1 is\\nno port");
    }

    [Theory]
    [InlineData("throw new FormatException(\"bad: \" + settings.Options[\"ssh_key\"])", "client [a]: bad: …")]
    [InlineData("null", "client [a]: Object reference not set to an instance of an object.")]
    [InlineData("[null]", "client [a]: Object reference not set to an instance of an object.")]
    [InlineData("[new(null, null)]", "client [a]: Object reference not set to an instance of an object.")]
    public async Task Validate_CheckerThatThrows_IsBrokenFromThenOn(string result, string reason)
    {
        CompileShell();
        CompileChecker("Ssh", "ssh", "ssh_key", Validating(result));
        CompileChecker("Tcp", "tcp", "tcp_port", Validating("[new(\"tcp_port\", \"wrong\")]"));
        AddClient("a", "checker_plugin = ssh", "ssh_key = hunter2");
        AddClient("b", "checker_plugin = tcp", "tcp_port = 1");
        CheckerRegistry registry = Load();

        CheckerReport report = await ValidateAsync(registry);

        string cause = $"plugin Ssh: checker “ssh” cannot look at the options of its clients: {reason}";
        AssertProblems(report, $"{File}:10: tcp_port: wrong");
        Assert.Equal(
            [$"{File}:4: checker_plugin: checker “ssh” cannot be used, so all checks of 1 client fail until they are disabled: {cause}"],
            report.Broken.Select(problem => problem.ToString()));
        Assert.IsType<UnusableChecker>(registry.ForEngine()["ssh"]);
        Assert.IsNotType<UnusableChecker>(registry.ForEngine()["tcp"]);
        Assert.Empty((await ValidateAsync(registry)).Broken);
        Assert.Single((await ValidateAsync(registry)).Unusable);
    }

    [Fact]
    public async Task ForEngine_CheckerThatThrows_TellsNoOptionsAndSettings()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Ssh"), """
            [assembly: MandosPlugin(2, 0)]
            [ExportChecker("ssh", Settings = new[] { "token" })]
            [method: ImportingConstructor]
            public class Checker(IPluginContext context) : IChecker
            {
                public ICheck Prepare(ClientSnapshot client) => client.Name == "prepare"
                    ? throw new Exception($"{context.Settings["token"]}, ", new Exception(client.Settings.Options["ssh_key"] + "!"))
                    : new Check($"{context.Settings["token"]}, {client.Settings.Options["ssh_key"]}!");
            }
            public class Check(string text) : ICheck
            {
                public string Description => "of the test";
                public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
                {
                    await Task.Yield();
                    cancellationToken.ThrowIfCancellationRequested();
                    throw new Exception(text);
                }
            }
            """);
        IChecker checker = Load("plugins: {Ssh: {settings: {token: hunter1}}}").ForEngine()["ssh"];
        ClientSettings settings = new() { Options = new Dictionary<string, string> { ["ssh_key"] = "hunter2" } };
        ICheck check = checker.Prepare(Client("run") with { Settings = settings });

        Exception[] faults =
        [
            Assert.ThrowsAny<Exception>(() => checker.Prepare(Client("prepare") with { Settings = settings })),
            await Assert.ThrowsAnyAsync<Exception>(() => check.RunAsync(TestContext.Current.CancellationToken)),
        ];

        Assert.Equal("of the test", check.Description);
        Assert.Equal(["…,: …!", "…, …!"], faults.Select(fault => fault.Message));
        Assert.All(faults, fault => Assert.DoesNotContain("hunter", fault.ToString(), StringComparison.Ordinal));
        Assert.All(faults, fault => Assert.Contains("at Check", fault.ToString(), StringComparison.Ordinal));
        await Assert.ThrowsAsync<OperationCanceledException>(() => check.RunAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Validate_CheckerThatThrewAtAReload_IsAskedAgainAtTheNext()
    {
        CompileShell();
        CompileChecker("Ssh", "ssh", "ssh_key", Validating("settings.Options[\"ssh_key\"] == \"odd\" ? throw new System.Exception(\"odd\") : []"));
        AddClient("a", "checker_plugin = ssh", "ssh_key = good");
        CheckerRegistry registry = Load();
        Assert.Empty((await ValidateAsync(registry)).Broken);
        Assert.IsNotType<UnusableChecker>(registry.ForEngine()["ssh"]);
        string good = _text;

        _text = good.Replace("good", "odd", StringComparison.Ordinal);
        Assert.Single((await ValidateAsync(registry)).Broken);

        _text = good.Replace("ssh_key = good", "ssh_key = good\nssh_kye = typed badly", StringComparison.Ordinal);
        CheckerReport report = await ValidateAsync(registry);
        Assert.Empty(report.Broken);
        Assert.Empty(report.Unusable);
        Assert.Contains("ssh_kye", Assert.Single(report.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_NameOfADisabledPlugin_TakesTheOptionsOfTheOneInUse()
    {
        CompileShell();
        CompileChecker("ASsh", "ssh", "ssh_host_key", "");
        CompileChecker("BSsh", "ssh", "ssh_key", "");
        AddClient("a", "checker_plugin = ssh", "ssh_key = good");

        AssertProblems(await ValidateAsync(Load("plugins:\n  ASsh:\n    enabled: false\n")));
    }

    [Fact]
    public async Task Validate_CheckerThatHangs_IsGivenUpOnceForAllItsClients()
    {
        CompileShell();
        CompileChecker("Ssh", "ssh", "ssh_key", """
            public System.Collections.Generic.IReadOnlyList<OptionProblem> Validate(ClientSettings settings)
            {
                Thread.Sleep(Timeout.Infinite);
                return [];
            }
            """);
        CompileChecker("Tcp", "tcp", "tcp_port", Validating("[new(\"tcp_port\", \"wrong\")]"));
        AddClient("a", "checker_plugin = ssh");
        AddClient("b", "checker_plugin = ssh");
        AddClient("c", "checker_plugin = tcp");

        Task<CheckerReport> validation = ValidateAsync(Load());
        Assert.False(validation.IsCompleted);
        await _clock.PassAsync(PluginLimits.Validation, () => _clock.Count == 1);
        CheckerReport report = await validation;

        AssertProblems(report, $"{File}:9: client [c] tcp_port: wrong");
        Assert.EndsWith(
            "all checks of 2 clients fail until they are disabled: plugin Ssh: checker “ssh” cannot look at the options of its clients: "
                + "it has not ended within 10 s",
            Assert.Single(report.Broken).Message,
            StringComparison.Ordinal);
    }

    private static string Validating(string result)
        => $"public System.Collections.Generic.IReadOnlyList<OptionProblem> Validate(ClientSettings settings) => {result};";

    private static ClientSnapshot Client(string name) => new() { Name = name, Settings = new(), Created = default };

    private static void AssertProblems(CheckerReport report, params string[] problems)
        => Assert.Equal(problems, report.Problems.Select(problem => problem.ToString()));

    private void CompileShell() => CompileChecker("CheckerFping", "shell");

    private void CompileChecker(string plugin, string name, string options = "", string member = "", string contract = "2, 0")
        => PluginCompiler.CompilePlugin(_folder.InFolder(plugin), $$"""
            [assembly: MandosPlugin({{contract}})]
            [ExportChecker("{{name}}"{{(options.Length > 0 ? $", Options = new[] {{ \"{options}\" }}" : "")}})]
            public class Checker : IChecker
            {
                public ICheck Prepare(ClientSnapshot client) => throw new CheckPreparationException("of the test");
                {{member}}
            }
            """);

    private void AddClient(string name, params string[] options)
        => _text += string.Join('\n', [$"[{name}]", $"key_id = {_clients++:X64}", "secret = c2VjcmV0", .. options, ""]);

    private CheckerRegistry Load(string plugins = "")
    {
        PluginOptions options = new PluginFileParser(PluginOptions.Default, plugins).Parse().Options;
        PluginCatalog catalog = _folder.Load(options);
        var instances = new Dictionary<string, IChecker>();
        foreach (var export in catalog.GetExports<IChecker>())
        {
            try
            {
                instances.Add(export.Name, export.Create());
            }
            catch (PluginException)
            {
                // As a server does, which logs it.
            }
        }

        return new(catalog, instances, _clock);
    }

    private Task<CheckerReport> ValidateAsync(CheckerRegistry registry)
    {
        _directory.Write("clients.conf", _text);
        ClientFileResult result = ClientFileReader.Read(_directory.FullName);
        Assert.Empty(result.Problems);
        return registry.ValidateAsync(result.Checkers);
    }
}
