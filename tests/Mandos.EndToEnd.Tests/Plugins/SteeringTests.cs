using System.Text.Json;
using Mandos.Abstractions.Plugins;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Plugins;

/// <summary>An administrator says in plugins.yaml, or by removing folders, which plugins a server has.</summary>
public sealed class SteeringTests
{
    private const string YamlLibrary = "YamlDotNet.dll";

    private readonly TestClient _client = new("client");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enabled_False_LeavesPluginOut()
    {
        await using var server = new TestServer("--debug") { Steered = true, Zeroconf = true };
        server.AddClient(_client.StanzaWith());
        string file = await WritePluginsAsync(server, "plugins:", "  AvahiAnnouncer:", "    enabled: false");
        await server.SteerAsync();

        var info = await server.Control.GetInfoAsync(Cancellation);
        Assert.Equal("Disabled", info.Plugins.Single(plugin => plugin.Name == "AvahiAnnouncer").State);
        await server.Log.WaitForAsync("INFO", $"Plugin AvahiAnnouncer is not used: it is switched off at {file}:3");
        Assert.False(HasLoaded(server, "AvahiAnnouncer.dll"));
        Assert.True(HasLoaded(server, YamlLibrary));
        await _client.RequireSecretAsync(server);
        await server.StopAsync();
    }

    [Fact]
    public async Task Switches_OfServer_LeavePluginsOut()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        await server.SteerAsync();

        var info = await server.Control.GetInfoAsync(Cancellation);

        Assert.Equal(
            ["AvahiAnnouncer", "DBusControl", "MdnsAnnouncer", "Notify", "StatePostgres", "WebControl"], info.Plugins.Where(plugin => plugin.State == "Disabled").Select(plugin => plugin.Name));
        await server.Log.WaitForAsync("INFO", "Plugin DBusControl is not used: use_dbus is off");
        await server.Log.WaitForAsync("INFO", "Plugin AvahiAnnouncer is not used: zeroconf is off");
        Assert.False(HasLoaded(server, "DBusControl.dll"));
        Assert.False(HasLoaded(server, "StatePostgres.dll")); // nor is a store that nobody chose
        Assert.False(HasLoaded(server, "WebControl.dll")); // nor a control surface that nobody named
        Assert.False(HasLoaded(server, "Notify.dll")); // nor a surface that nobody named
        Assert.False(HasLoaded(server, "MdnsAnnouncer.dll")); // nor an announcer that nobody named
        Assert.True(HasLoaded(server, "TlsBouncy.dll"));

        // A server without plugins.yaml does not spend time on it
        Assert.False(HasLoaded(server, YamlLibrary));
    }

    [Fact]
    public async Task Settings_FromFileOfRoot_ReachThePlugin()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only a server of root's gives up rights");
        await using var server = new TestServer("--debug") { Steered = true, HasConfidentialConfiguration = true };
        string result = Path.Combine(server.ScratchDirectory, "result");
        await File.WriteAllTextAsync(result, "0", Cancellation);
        server.AddClient(_client.StanzaWith("interval = PT1S", "checker_plugin = test-checker", $"test_result_file = {result}"));
        string file = await WritePluginsAsync(
            server, "plugins:", "  Mandos.TestPlugins:", "    settings:", "      test_description: as the file says");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", $"Client client: checker started: as the file says {result}");
        await server.Log.WaitForAsync("INFO", "Client client: checker succeeded");
    }

    [Fact]
    public async Task Setting_ThatPluginRefuses_IsSaidWithItsLine()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        server.AddClient(_client.StanzaWith("interval = PT1S", "timeout = PT3S", "checker_plugin = test-checker", "test_result_file = /x"));
        string file = await WritePluginsAsync(server, "plugins:", "  Mandos.TestPlugins:", "    settings:", "      test_description: ''");
        await server.StartAsync();

        string reason = $"plugin Mandos.TestPlugins: {file}:4: setting test_description: is empty; give a text";
        await server.Log.WaitForAsync(
            "ERROR", $"{server.ClientsFile}:6: checker_plugin: checker “test-checker” cannot be used, so all checks of 1 client fail until");
        await server.Log.WaitForAsync("WARNING", $"Client client: check could not be carried out: {reason}");
        await _client.RequireSecretAsync(server);
        await server.StopAsync();
    }

    [Fact]
    public async Task Faults_OfFile_KeepServerFromStarting()
    {
        await using var server = new TestServer("--foreground") { Steered = true };
        server.AddClient("[client]\nkey_id = x\nsecret = c2VjcmV0");
        string file = await WritePluginsAsync(
            server, "tsl: bouncy", "plugins:", "  DBusControl:", "    enabled: sometimes", "    settings:", "      address: [hunter2, ~]");

        Assert.Equal(78, await server.RunToEndAsync());

        Assert.Equal(
            [
                $"mandos: {file}:1: tsl is unknown at the top; there can be tls, store, plugins",
                $"mandos: {file}:4: enabled: \"sometimes\" is no boolean; use 1, yes, true, on, 0, no, false or off",
                $"mandos: {file}:6: address.2 has to be a text or a number, not nothing; an empty one is written \"\"",
                $"mandos: {server.ClientsFile}:2: key_id: is not 64 hexadecimal digits",
            ],
            server.Log.Lines.Where(line => line.StartsWith("mandos: ", StringComparison.Ordinal)));
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mismatch_OfFileAndPlugins_KeepsServerFromStarting()
    {
        await using var server = new TestServer("--foreground") { Steered = true };
        string file = await WritePluginsAsync(
            server, "tls: gnutls", "store: sqlite", "plugins:", "  DBusControl:", "    settings:", "      adress: hunter2", "      address: [hunter2]");

        Assert.Equal(78, await server.RunToEndAsync());

        Assert.Equal(
            [
                $"mandos: {file}:1: tls: there is no TLS back end “gnutls”; choose bouncy",
                $"mandos: {file}:6: plugin DBusControl has no setting adress; it takes address",
                $"mandos: {file}:7: plugin DBusControl has no setting address.1; address has to be a text or a number",
            ],
            server.Log.Lines.Where(line => line.StartsWith("mandos: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Plugin_Removed_DoesNotMindWhatIsSaidOfIt()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        string file = await WritePluginsAsync(server, "tls: bouncy", "plugins:", "  Gone:", "    settings:", "      file: /x");
        server.AddClient(_client.StanzaWith());
        await server.StartAsync();

        await server.Log.WaitForAsync("WARNING", $"{file}:3: there is no plugin Gone under {server.PluginDirectory}");
        await _client.RequireSecretAsync(server);
        var check = await CheckAsync(server);
        Assert.Equal(0, check.ExitCode);
        Assert.StartsWith($"{file}:3: note: there is no plugin Gone under ", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DBusAndZeroconfFolders_Removed_ServesWithOneLineForEach()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await using var server = new TestServer("--debug") { Steered = true, Bus = bus, Zeroconf = true };
        server.AddClient(_client.StanzaWith());
        string plugins = server.PreparePlugins();
        foreach (string name in new[] { "AvahiAnnouncer", "DBusControl", "Mandos.TestPlugins" })
        {
            Directory.Delete(Path.Combine(plugins, name), recursive: true);
        }

        await server.StartAsync();
        await _client.RequireSecretAsync(server);
        await server.StopAsync();

        Assert.Equal((1, 1), (server.Log.Count("INFO", "Zeroconf is on, but"), server.Log.Count("INFO", "D-Bus is on, but")));
        Assert.All(["ERROR", "CRITICAL"], level => Assert.Equal(0, server.Log.Count(level, "")));
    }

    [Theory]
    [InlineData("TlsBouncy", "TLS back end")]
    [InlineData("StateSqlite", "state store")]
    public async Task Folder_OfNeededPlugin_IsNamedWhenItIsMissing(string plugin, string kind)
    {
        await using var server = new TestServer("--foreground") { Steered = true };
        string plugins = server.PreparePlugins();
        Directory.Delete(Path.Combine(plugins, plugin), recursive: true);

        Assert.Equal(1, await server.RunToEndAsync());

        Assert.Contains(
            $"mandos: there is no {kind}: plugin directory {plugins} has no folder {plugin} with {plugin}.dll in it, nor another plugin that is "
                + $"a {kind}",
            server.Log.Lines);
    }

    [Fact]
    public async Task ListPlugins_OfOrdinaryUser_ShowsStatesAndReasons()
    {
        await using var server = new TestServer { Steered = true };
        server.PreparePlugins();
        string file = await WritePluginsAsync(server, "plugins:", "  DBusControl:", "    enabled: false");
        string[] user = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : ["env"];
        string[] arguments = ["--list-plugins", "--plugindir", server.PluginDirectory, "--configdir", server.ConfigDirectory];

        string table = await Command.RequireAsync(user[0], [.. user[1..], Repository.Server, .. arguments]);
        string json = await Command.RequireAsync(user[0], [.. user[1..], Repository.Server, .. arguments, "--json"]);

        string reason = $"it is switched off at {file}:3";
        string library = $"{server.PluginDirectory}/DBusControl/DBusControl.dll";
        Assert.Matches($@"(?m)^DBusControl +\S+ +{ContractVersion.Major}\.{ContractVersion.Minor} +Disabled +control surface dbus\n    {reason} \({library}\)$", table);
        Assert.Matches($@"(?m)^TlsBouncy +\S+ +{ContractVersion.Major}\.{ContractVersion.Minor} +Active +TLS back end bouncy$", table);
        using var list = JsonDocument.Parse(json);
        var control = list.RootElement.EnumerateArray().Single(plugin => plugin.GetProperty("name").GetString() == "DBusControl");
        Assert.Equal(
            ("Disabled", reason, library),
            (control.GetProperty("state").GetString(), control.GetProperty("reason").GetString(), control.GetProperty("file").GetString()));
        Assert.Equal("address", control.GetProperty("exports")[0].GetProperty("settings")[0].GetString());
    }

    [Fact]
    public async Task ListPlugins_FileOfRootAlone_ListsThemAllTheSame()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become somebody who cannot read the file");
        await using var server = new TestServer { Steered = true };
        server.PreparePlugins();
        string file = await WritePluginsAsync(server, "plugins:");
        File.SetUnixFileMode(file, UnixFileMode.UserRead);

        var result = await Command.RunAsync(
            "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", Repository.Server,
            "--list-plugins", "--plugindir", server.PluginDirectory, "--configdir", server.ConfigDirectory);

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith($"mandos: {file}: cannot be read: permission denied; ", result.Errors, StringComparison.Ordinal);
        Assert.EndsWith("; the plugins are taken as if it were not there\n", result.Errors, StringComparison.Ordinal);
        Assert.Contains("TlsBouncy", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListPlugins_FolderOfRootAlone_ShowsWhatTheServerMakesOfIt()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only a server of root's becomes somebody who cannot read the folder");
        await using var server = new TestServer("--debug") { Steered = true };
        string folder = Path.Combine(server.PreparePlugins(), "CheckerSsh");
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        string table = await Command.RequireAsync(Repository.Server, "--list-plugins", "--plugindir", server.PluginDirectory);
        await server.StartAsync();

        string reason = $"{folder}/CheckerSsh.dll: Permission denied";
        Assert.Matches($@"(?m)^CheckerSsh +- +- +Malfunctioned\n    {reason} ", table);
        await server.Log.WaitForAsync("ERROR", $"Plugin CheckerSsh is not used: {reason}");
    }

    /// <summary>Writes plugins.yaml.</summary>
    /// <returns>Its full name.</returns>
    private static async Task<string> WritePluginsAsync(TestServer server, params string[] lines)
    {
        string file = Path.Combine(server.ConfigDirectory, "plugins.yaml");
        await File.WriteAllLinesAsync(file, lines, Cancellation);
        return file;
    }

    private static bool HasLoaded(TestServer server, string file)
        => File.ReadAllText($"/proc/{server.ProcessId}/maps").Contains($"/{file}\n", StringComparison.Ordinal);

    private static Task<CommandResult> CheckAsync(TestServer server) => Command.RunAsync(
        Repository.Server, "--check-config", "--configdir", server.ConfigDirectory, "--plugindir", server.PluginDirectory);
}
