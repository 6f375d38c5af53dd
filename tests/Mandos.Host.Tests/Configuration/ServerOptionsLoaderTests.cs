using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Configuration;

public sealed class ServerOptionsLoaderTests : IDisposable
{
    private const string NoPort = "is not a port; use a number from 0 to 65535, where 0 lets the kernel choose";
    private const string NoIPv6 = "is no IPv6 address; use one such as fe80::1%eth0, or ::FFFF:192.0.2.1 for IPv4";
    private const string NoInterface = "is no interface; use a name of 1 to 15 bytes, such as eth0";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_NoFile_GivesTheDefaults()
        => Assert.Equal(new ServerOptions { ConfigDirectory = _directory.FullName }, Load().Options);

    [Theory]
    [InlineData("port = 7\n")]
    [InlineData("  port = 7\n[DEFAULT]\n")]
    public void Load_OptionBeforeAnySection_IsAProblem(string text)
    {
        Write(text);

        ConfigProblem problem = Assert.Single(Load().Problems);
        Assert.Equal(1, problem.Line);
        Assert.Contains("comes before any section", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EveryOption_IsRead()
    {
        Write("""
            [DEFAULT]
            interface = eth0
            address = fe80::aede:48ff:fe71:f6f2%eth0
            port = 1025
            socket = 3
            debug = no
            debuglevel = iNfO
            foreground = True
            priority = SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:%PROFILE_ULTRA
            servicename = Daena
            use_dbus = 0
            use_ipv6 = YES
            zeroconf = off
            restore = false
            statedir = /srv/state
            plugindir = /srv/plugins
            max_connections = 1000
            max_connections_per_address = 10
            max_requests_per_client = 4
            audit_log = /var/log/mandos-audit.json
            audit_required = True
            invitations = yes
            strict_config = yes
            watchdog = PT45S
            """);

        Assert.Equal(
            new ServerOptions
            {
                ConfigDirectory = _directory.FullName,
                Interface = "eth0",
                Address = "fe80::aede:48ff:fe71:f6f2%eth0",
                Port = 1025,
                Socket = 3,
                DebugLevel = DebugLevel.Info,
                Foreground = true,
                Priority = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:%PROFILE_ULTRA",
                PriorityLine = 9,
                ServiceName = "Daena",
                UseDBus = false,
                UseZeroconf = false,
                Restore = false,
                StateDirectory = "/srv/state",
                PluginDirectory = "/srv/plugins",
                MaxConnections = 1000,
                MaxConnectionsPerAddress = 10,
                MaxRequestsPerClient = 4,
                AuditLog = "/var/log/mandos-audit.json",
                AuditRequired = true,
                Invitations = true,
                StrictConfig = true,
                Watchdog = TimeSpan.FromSeconds(45),
            },
            Load().Options);
        Assert.Empty(Load().Notes);
    }

    [Fact]
    public void Load_CommandLine_GoesBeforeTheFile()
    {
        Write("[DEFAULT]\nport = 1\ninterface = eth0\nservicename = A\ndebuglevel = ERROR\nlog_format = json\nuse_dbus = True\n");
        Assert.Equal(OutputFormat.Json, Load().Options!.LogFormat);
        ServerOptions options = Load(new CommandLineOptions
        {
            Port = 0,
            Interface = "",
            ServiceName = "B",
            DebugLevel = DebugLevel.Critical,
            LogFormat = OutputFormat.Text,
            UseDBus = false,
        }).Options!;

        Assert.Null(options.Port);
        Assert.Null(options.Interface);
        Assert.Equal("B", options.ServiceName);
        Assert.Equal(DebugLevel.Critical, options.DebugLevel);
        Assert.Equal(OutputFormat.Text, options.LogFormat);
        Assert.False(options.UseDBus);
    }

    [Fact]
    public void Load_EmptyValues_MeanUnset()
    {
        Write("[DEFAULT]\ninterface =\naddress =\nport =\nsocket =\ndebuglevel =\naudit_log =\n");
        Assert.Equal(new ServerOptions { ConfigDirectory = _directory.FullName }, Load().Options);
    }

    /// <summary>Which Debian's server takes too.</summary>
    [Theory]
    [InlineData("fatal", "Critical")]
    [InlineData("Warn", "Warning")]
    [InlineData("NOTSET", "Debug")]
    public void Load_PythonsNamesOfLevels_AreTaken(string level, string expected)
    {
        Write($"[DEFAULT]\ndebuglevel = {level}\n");
        Assert.Equal(expected, Load().Options!.DebugLevel.ToString());
    }

    [Fact]
    public void Load_FileUnreadable_IsNoMistakeInIt()
    {
        Directory.CreateDirectory(_directory.PathOf("mandos.conf"));
        Assert.True(Load().IsUnread);
    }

    [Fact]
    public void Load_Debug_ImpliesForegroundAndEverything()
    {
        Write("[DEFAULT]\ndebug = yes\ndebuglevel = ERROR\n");
        ServerOptions options = Load().Options!;
        Assert.True(options.Foreground);
        Assert.Equal(DebugLevel.Debug, options.DebugLevel);
    }

    [Fact]
    public void Load_Reference_IsReplacedInNumbersAndSwitches()
    {
        Write("[DEFAULT]\nbase = 10\nport = %(base)s25\nuse_dbus = %(debug)s\nservicename = 100%\n");
        ServerOptions options = Load().Options!;
        Assert.Equal(1025, options.Port);
        Assert.False(options.UseDBus);
        Assert.Equal("100%", options.ServiceName);
    }

    [Theory]
    [InlineData("port = 65536", "port: \"65536\" " + NoPort)]
    [InlineData("port = -1", "port: \"-1\" " + NoPort)]
    [InlineData("port = http", "port: \"http\" " + NoPort)]
    [InlineData("port = 99999999999999999999", "port: \"99999999999999999999\" " + NoPort)]
    [InlineData("port = %(nothing)s", "option port refers to %(nothing)s, which [DEFAULT] does not set")]
    [InlineData("socket = -1", "socket: \"-1\" is not a file descriptor; use a number from 0")]
    [InlineData("log_format = xml", "log_format: \"xml\" is no format of the log; use text or json")]
    [InlineData("debuglevel = 3", "debuglevel: \"3\" is no level; use CRITICAL, ERROR, WARNING, INFO or DEBUG")]
    [InlineData("debuglevel = verbose", "debuglevel: \"verbose\" is no level; use CRITICAL, ERROR, WARNING, INFO or DEBUG")]
    [InlineData("debug = maybe", "debug: \"maybe\" is no boolean; use 1, yes, true, on, 0, no, false or off")]
    [InlineData("debug =", "debug: an empty value is no boolean; use 1, yes, true, on, 0, no, false or off")]
    [InlineData("servicename =", "servicename: an empty value is no service name; use 1 to 63 bytes of text")]
    [InlineData("statedir =", "statedir: an empty value is no path; name a directory")]
    [InlineData("priority =", "priority: an empty value is not allowed; use one line of text")]
    [InlineData("interface = much-too-long-name", "interface: \"much-too-long-name\" " + NoInterface)]
    [InlineData("interface = a/b", "interface: \"a/b\" " + NoInterface)]
    [InlineData("address = 192.0.2.1", "address: \"192.0.2.1\" " + NoIPv6)]
    [InlineData("address = localhost", "address: \"localhost\" " + NoIPv6)]
    [InlineData("address = [::1]", "address: \"[::1]\" " + NoIPv6)]
    [InlineData("address = fe80::1%", "address: \"fe80::1%\" " + NoIPv6)]
    [InlineData("max_connections = 0", "max_connections: \"0\" is not a limit; use a number from 1 to 2147483647")]
    [InlineData("audit_log = audit", "audit_log: \"audit\" is no file; give its name from the root, such as /var/log/x")]
    [InlineData("audit_required = yes", "audit_required: there is no audit log that could be required; set audit_log too")]
    [InlineData("watchdog = PT0.5S", "watchdog: \"PT0.5S\" is no duration; use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h")]
    [InlineData("watchdog = P2D", "watchdog: \"P2D\" is no time for the watchdog; use PT1S to P1D, or PT0S for none")]
    [InlineData("nonsense", "is neither [section] nor name = value; indent it if it continues the value above")]
    public void Load_BadValue_GivesOneClearLine(string line, string expected)
    {
        Write($"[DEFAULT]\n{line}\n");
        ServerOptionsResult result = Load();
        Assert.Null(result.Options);
        Assert.Equal($"{_directory.FullName}/mandos.conf:2: {expected}",
            Assert.Single(result.Problems).ToString());
    }

    [Theory]
    [InlineData("::1", true)]
    [InlineData("::", true)]
    [InlineData("::FFFF:192.0.2.3", true)]
    [InlineData("fe80::1%lo", true)]
    [InlineData("fe80::1%2", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("0.0.0.0", false)]
    public void CheckAddress_Fitting_IsFine(string address, bool useIPv6)
        => Assert.Null(OptionValues.CheckAddress(address, useIPv6));

    [Theory]
    [InlineData("::1", false)]
    [InlineData("::FFFF:192.0.2.3", false)]
    [InlineData("127.1", false)]
    [InlineData("192.0.2.1%lo", false)]
    [InlineData("192.0.2.01", false)]
    [InlineData("2130706433", false)]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("::1 ", true)]
    [InlineData("::1/128", true)]
    [InlineData("1:2", true)]
    public void CheckAddress_Unfitting_IsRefused(string address, bool useIPv6)
        => Assert.NotNull(OptionValues.CheckAddress(address, useIPv6));

    [Fact]
    public void Load_AddressOnTheCommandLine_IsCheckedAgainstTheFile()
    {
        Write("[DEFAULT]\nuse_ipv6 = no\n");
        Assert.Equal(
            "command line: --address: \"::1\" is no IPv4 address; with IPv6 turned off use one such as 192.0.2.1",
            Assert.Single(Load(new CommandLineOptions { Address = "::1" }).Problems).ToString());
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("::1, ::ffff:192.0.2.1")]
    [InlineData("::1 fe80::1%lo")]
    [InlineData("::1,\n  ::2")]
    public void Load_ListOfAddresses_IsFine(string addresses)
    {
        Write($"[DEFAULT]\naddress = {addresses}\n");
        Assert.Empty(Load().Problems);
    }

    [Theory]
    [InlineData(",")]
    [InlineData("::1, 192.0.2.1")]
    public void Load_ListWithBadAddress_IsRefused(string addresses)
    {
        Write($"[DEFAULT]\naddress = {addresses}\n");
        Assert.Single(Load().Problems);
    }

    [Theory]
    [InlineData("::1", "::1")]
    [InlineData(" ::1,::2\t::3 , ::1 ", "::1|::2|::3")]
    [InlineData("", "")]
    public void Split_List_GivesDifferentParts(string list, string parts)
        => Assert.Equal(parts, string.Join('|', OptionValues.Split(list)));

    [Fact]
    public void Load_WithoutZeroconfAndPort_SocketsThatAreThereWillDo()
    {
        var commandLine = new CommandLineOptions { ConfigDirectory = _directory.FullName, UseZeroconf = false };
        Assert.NotNull(ServerOptionsLoader.Load(commandLine).UsageError);
        Assert.Null(ServerOptionsLoader.Load(commandLine, hasSockets: true).UsageError);
    }

    [Fact]
    public void Load_SeveralBadValues_ReportsAll()
    {
        Write("[DEFAULT]\nport = x\nnonsense\nuse_dbus = x\naddress = x\n");
        Assert.Equal([2, 3, 4, 5], Load().Problems.Select(problem => problem.Line).Order());
    }

    [Fact]
    public void Load_UnknownOptions_AreNotedWithTheirPlace()
    {
        Write("[DEFAULT]\nport = 1\nfuture = 100%\n[server]\nport = 2\n");
        ServerOptionsResult result = Load();
        Assert.Equal(1, result.Options!.Port);
        Assert.Equal(
            [
                $"{_directory.FullName}/mandos.conf:3: option future is unknown and ignored",
                $"{_directory.FullName}/mandos.conf:4: section [server] is ignored; options belong in [DEFAULT]",
            ],
            result.Notes.Select(note => note.ToString()));
    }

    [Theory]
    [InlineData("zeroconf = no\n", true)]
    [InlineData("zeroconf = no\nport = 0\n", true)]
    [InlineData("zeroconf = no\nport = 1\n", false)]
    [InlineData("zeroconf = no\nsocket = 0\n", false)]
    [InlineData("", false)]
    public void Load_WithoutZeroconf_NeedsPortOrSocket(string text, bool isError)
    {
        Write("[DEFAULT]\n" + text);
        ServerOptionsResult result = Load();
        Assert.Equal(isError, result.UsageError is not null);
        Assert.Equal(isError, result.Options is null);
        Assert.Empty(result.Problems);
    }

    private void Write(string text) => _directory.Write("mandos.conf", text);

    private ServerOptionsResult Load(CommandLineOptions? commandLine = null)
        => ServerOptionsLoader.Load((commandLine ?? new CommandLineOptions()) with { ConfigDirectory = _directory.FullName });
}
