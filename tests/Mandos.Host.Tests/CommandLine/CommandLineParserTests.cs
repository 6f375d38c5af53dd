using Mandos.Host.CommandLine;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;

namespace Mandos.Host.Tests.CommandLine;

public sealed class CommandLineParserTests
{
    private static readonly string[] _allOptions =
    [
        "-h", "--help", "-v", "--version", "--check", "--check-config", "--probe", "--list-plugins", "--json", "--show-priority", "--export-state", "--import-state", "--replace", "-i", "--interface", "-a", "--address",
        "-p", "--port", "--debug", "--debuglevel", "--log-format", "--priority", "--servicename", "--configdir", "--no-dbus", "--no-ipv6",
        "--no-restore", "--no-zeroconf", "--statedir", "--socket", "--foreground", "--plugindir",
    ];

    [Fact]
    public void Parse_Nothing_LeavesAllOpen() => Assert.Equal(new CommandLineOptions(), Options());

    [Fact]
    public void Parse_EveryOption_IsRead() => Assert.Equal(
        new CommandLineOptions
        {
            ConfigDirectory = "/c",
            Interface = "eth0",
            Address = "fe80::1%eth0",
            Port = 1,
            Socket = 3,
            Debug = true,
            DebugLevel = DebugLevel.Info,
            Foreground = true,
            Priority = "NORMAL:%COMPAT",
            ServiceName = "My server",
            UseDBus = false,
            UseIPv6 = false,
            UseZeroconf = false,
            Restore = false,
            StateDirectory = "/s",
            PluginDirectory = "/p",
        },
        Options(
            "--interface", "eth0", "--address=fe80::1%eth0", "--port", "1", "--debug", "--debuglevel=info",
            "--priority", "NORMAL:%COMPAT", "--servicename", "My server", "--configdir=/c", "--no-dbus", "--no-ipv6",
            "--no-restore", "--statedir", "/s", "--socket=3", "--foreground", "--no-zeroconf", "--plugindir", "/p"));

    [Theory]
    [InlineData("--check", CommandLineAction.Check)]
    [InlineData("--check-config", CommandLineAction.CheckConfiguration)]
    [InlineData("--check-", CommandLineAction.CheckConfiguration)]
    [InlineData("--probe", CommandLineAction.Probe)]
    [InlineData("--list-plugins", CommandLineAction.ListPlugins)]
    [InlineData("--show-priority=NORMAL", CommandLineAction.ShowPriority)]
    [InlineData("--export-state=/f", CommandLineAction.ExportState)]
    [InlineData("--import-state=/f", CommandLineAction.ImportState)]
    [InlineData("--foreground", CommandLineAction.Serve)]
    public void Parse_Action_IsRead(string argument, object action) => Assert.Equal(action, Options(argument).Action);

    [Fact]
    public void Parse_JsonWithList_IsRead()
        => Assert.Equal(new CommandLineOptions { Action = CommandLineAction.ListPlugins, Json = true }, Options("--list-plugins", "--json"));

    [Fact]
    public void Parse_TransferOfState_IsRead()
    {
        Assert.Equal(new CommandLineOptions { Action = CommandLineAction.ExportState, StateFile = "/f" }, Options("--export-state", "/f"));
        Assert.Equal(
            new CommandLineOptions { Action = CommandLineAction.ImportState, StateFile = "/f", Replace = true }, Options("--import-state", "/f", "--replace"));
        Assert.EndsWith(
            "mandos: error: option --replace is for --import-state alone\n", CommandLineParser.Parse(["--replace", "--check"]).Error, StringComparison.Ordinal);
    }

    // Debian's server has no other option that begins so
    [Fact]
    public void Parse_AbbreviationOfDebians_MeansTheSame()
    {
        Assert.Equal("eth0", Options("--i", "eth0").Interface);
        Assert.Equal("NORMAL", Options("--pr", "NORMAL").Priority);
    }

    [Theory]
    [InlineData("text", OutputFormat.Text)]
    [InlineData("json", OutputFormat.Json)]
    public void Parse_LogFormat_IsRead(string text, object format) => Assert.Equal(format, Options("--log-format", text).LogFormat);

    [Fact]
    public void Parse_UnknownLogFormat_IsBadUsage()
        => Assert.EndsWith(
            "mandos: error: --log-format: \"xml\" is no format of the log; use text or json\n", CommandLineParser.Parse(["--log-format=xml"]).Error,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("--json")]
    [InlineData("--json", "--check")]
    [InlineData("--json", "--check-config", "--list-plugins")]
    public void Parse_JsonWithoutList_IsBadUsage(params string[] arguments)
    {
        CommandLineResult result = CommandLineParser.Parse(arguments);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.EndsWith("mandos: error: option --json is for --list-plugins alone\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-p1234")]
    [InlineData("-p=1234")]
    [InlineData("-p", "1234")]
    [InlineData("--po", "1234")]
    [InlineData("--po=1234")]
    [InlineData("--port=1", "-p2", "--port", "1234")]
    public void Parse_FormsOfAnOption_AreEqual(params string[] arguments)
        => Assert.Equal(new CommandLineOptions { Port = 1234 }, Options(arguments));

    [Fact]
    public void Parse_Abbreviations_AreExpanded() => Assert.Equal(
        new CommandLineOptions
        {
            Foreground = true,
            UseZeroconf = false,
            Debug = true,
            DebugLevel = DebugLevel.Error,
            Interface = "lo",
        },
        Options("--fore", "--no-z", "--debug", "--debugl", "ERROR", "-ilo"));

    [Theory]
    [InlineData("--interface=")]
    [InlineData("--interface", "")]
    [InlineData("-i", "")]
    public void Parse_EmptyValue_IsAValue(params string[] arguments) => Assert.Equal("", Options(arguments).Interface);

    [Theory]
    [InlineData("@file")]
    [InlineData("a=b:c")]
    [InlineData("\"quoted\"")]
    [InlineData("-")]
    [InlineData("-5")]
    public void Parse_OddValue_IsTakenAsItIs(string value)
    {
        Assert.Equal(value, Options("--servicename", value).ServiceName);
        Assert.Equal(value, Options($"--servicename={value}").ServiceName);
    }

    [Fact]
    public void Parse_ValueLikeAnOption_NeedsAnEqualsSign()
        => Assert.Equal(new CommandLineOptions { ServiceName = "--debug" }, Options("--servicename=--debug"));

    [Theory]
    [InlineData("unrecognized argument: extra", "extra")]
    [InlineData("unrecognized argument: mandos", "mandos")]
    [InlineData("unrecognized argument: @file", "@file")]
    [InlineData("unrecognized argument: [suggest]", "[suggest]")]
    [InlineData("unrecognized argument: --", "--", "--port", "1")]
    [InlineData("unrecognized argument: -", "-")]
    [InlineData("unrecognized argument: ", "")]
    [InlineData("unrecognized argument: --nonsense=1", "--nonsense=1")]
    [InlineData("unrecognized argument: --port:1", "--port:1")]
    [InlineData("unrecognized argument: -x", "-x")]
    [InlineData("unrecognized argument: -xv", "-xv")]
    [InlineData("unrecognized argument: -?", "-?")]
    [InlineData("ambiguous option: --debu could match --debug, --debuglevel", "--debu")]
    [InlineData("ambiguous option: --no could match --no-dbus, --no-ipv6, --no-restore, --no-zeroconf", "--no")]
    [InlineData("ambiguous option: --p could match --probe, --port, --priority, --plugindir", "--p=3")]
    [InlineData("option --no-zeroconf takes no value", "--no-zeroconf=3")]
    [InlineData("option --port needs a value: --port PORT", "--port")]
    [InlineData("option --port needs a value: --port PORT", "--port", "--debug")]
    [InlineData("option --port needs a value: --port PORT", "--port", "1", "-p")]
    [InlineData("--port: \"abc\" is not a port; use a number from 0 to 65535, where 0 lets the kernel choose", "--port", "abc")]
    [InlineData("--port: \"-5\" is not a port; use a number from 0 to 65535, where 0 lets the kernel choose", "--port", "-5")]
    [InlineData("--port: an empty value is not a port; use a number from 0 to 65535, where 0 lets the kernel choose", "--port=")]
    [InlineData("--debuglevel: \"loud\" is no level; use CRITICAL, ERROR, WARNING, INFO or DEBUG", "--debuglevel=loud")]
    [InlineData("--socket: \"-1\" is not a file descriptor; use a number from 0", "--socket=-1")]
    [InlineData("--servicename: an empty value is no service name; use 1 to 63 bytes of text", "--servicename=")]
    public void Parse_BadUsage_GivesUsageAndOneLine(string error, params string[] arguments)
    {
        CommandLineResult result = CommandLineParser.Parse(arguments);
        Assert.Null(result.Options);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.StartsWith("usage: mandos [-h] [-v] ", result.Error);
        Assert.Equal($"mandos: error: {error}", result.Error.TrimEnd('\n').Split('\n')[^1]);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--he")]
    [InlineData("-vh")]
    [InlineData("-h", "--nonsense")]
    public void Parse_Help_ShowsEveryOption(params string[] arguments)
    {
        CommandLineResult result = CommandLineParser.Parse(arguments);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        string[] words = result.Output.Split([' ', '\n', ',']);
        Assert.All(_allOptions, option => Assert.Contains(option, words));
        Assert.Contains(ServerOptions.DefaultPriority, words);
        Assert.All(
            result.Output.Split('\n'),
            line => Assert.True(line.Length < 80 || line.Contains(ServerOptions.DefaultPriority), line));
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-v")]
    public void Parse_Version_ShowsItAlone(string argument)
    {
        CommandLineResult result = CommandLineParser.Parse([argument]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"\Amandos [0-9]+\.[0-9]+\.[0-9]+[^+\n]*\n\z", result.Output);
    }

    private static CommandLineOptions Options(params string[] arguments)
    {
        CommandLineResult result = CommandLineParser.Parse(arguments);
        Assert.Equal("", result.Error);
        return result.Options!;
    }
}
