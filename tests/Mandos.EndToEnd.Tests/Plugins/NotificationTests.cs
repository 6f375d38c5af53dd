using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Plugins;

/// <summary>Notify tells a real web server what the real server and Debian's client do.</summary>
public sealed partial class NotificationTests(ClientKeys keys)
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string LinkUrl = "https://mandos.example.org/link";

    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_OfStockClient_AreToldWithoutSecrets()
    {
        await using var web = new WebTarget();
        await using var server = new TestServer("--debug") { Steered = true };
        string key = Path.Combine(server.ScratchDirectory, "key");
        await File.WriteAllTextAsync(key, Key + "\n", Cancellation);
        string program = Path.Combine(server.ScratchDirectory, "program");
        await File.WriteAllTextAsync(program, "#!/bin/sh\ncat > \"$1.new\" && mv \"$1.new\" \"$1\"\n", Cancellation);
        File.SetUnixFileMode(program, Executable);
        await File.WriteAllTextAsync(Path.Combine(server.ConfigDirectory, "plugins.yaml"), $"""
            plugins:
              Notify:
                settings:
                  link_url: {LinkUrl}
                  webhook:
                    test:
                      url: {web.Url}/hook
                      secret_file: {key}
                  ntfy:
                    dead:
                      url: http://localhost:{FreePort.Find()}/topic
                  exec:
                    program:
                      command: [{program}, {server.ScratchDirectory}/told]
                      events: disabled

            """, Cancellation);
        server.AddClient(keys.First.StanzaWith("checker = true", "interval = PT1S", "approval_delay = PT1H", "approved_by_default = False", "location = cellar"));
        await server.SteerAsync();

        Task fetch = keys.First.RequirePasswordAsync(server.EndPoint);
        JsonNode waits = await ToldAsync(web, 1, "need_approval");
        Assert.Equal(("first", "cellar"), ((string)waits["client"]!["name"]!, (string)waits["client"]!["location"]!));
        Assert.Equal("::1", (string)waits["request"]!["address"]!);
        Assert.Matches($"^{Regex.Escape(LinkUrl)}/[A-Za-z0-9_-]{{55}}$", (string)waits["links"]!["approve"]!);
        Assert.NotEqual((string)waits["links"]!["approve"]!, (string)waits["links"]!["deny"]!);

        await server.Control.ApproveAsync("first", Cancellation);
        await fetch;
        JsonNode got = await ToldAsync(web, 2, "got_secret");
        Assert.Equal((int)waits["request"]!["id"]!, (int)got["request"]!["id"]!);

        await server.Control.DisableAsync("first", Cancellation);
        Assert.False((bool)(await ToldAsync(web, 3, "disabled"))["client"]!["enabled"]!);

        string file = Path.Combine(server.ScratchDirectory, "told");
        await Patience.UntilAsync("the program has run, beside the checkers", () => File.Exists(file));
        Assert.Equal("disabled", (string)JsonNode.Parse(await File.ReadAllTextAsync(file, Cancellation))!["type"]!);

        await server.StopAsync();
        string told = string.Concat(web.Requests.Select(request => request.Text));
        string log = string.Join('\n', server.Log.Lines);
        Assert.All([keys.First.Password, Key, Key[6..]], secret =>
        {
            Assert.DoesNotContain(secret, told, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
        });
        Assert.DoesNotContain(LinkUrl, log, StringComparison.Ordinal);
        Assert.Contains("Target ntfy dead: it cannot be reached: ConnectionRefused; trying again", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_OfAMessage_DecideItsRequestOnceAndOnlyByPost()
    {
        await using var web = new WebTarget();
        await using var server = new TestServer("--debug");
        string key = Path.Combine(server.ScratchDirectory, "key");
        await File.WriteAllTextAsync(key, Key + "\n", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(server.ConfigDirectory, "plugins.yaml"), $"""
            plugins:
              WebControl:
                settings:
                  socket: {WebSite.SocketOf(server)}
              Notify:
                settings:
                  link_url: http://localhost/link
                  webhook:
                    test:
                      url: {web.Url}/hook
                      secret_file: {key}

            """, Cancellation);
        server.AddClient(keys.First.StanzaWith("checker = true", "approval_delay = PT1H", "approved_by_default = False"));
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", $"At socket {WebSite.SocketOf(server)}");
        using var browser = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(WebSite.SocketOf(server)), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });

        Task fetch = keys.First.RequirePasswordAsync(server.EndPoint);
        JsonNode links = (await ToldAsync(web, 1, "need_approval"))["links"]!;
        var (approve, deny) = (new Uri((string)links["approve"]!), new Uri((string)links["deny"]!));

        // What a mail scanner does
        Assert.Equal(HttpStatusCode.OK, await GetAsync(approve));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(deny));
        Assert.False(fetch.IsCompleted);

        Assert.Equal(HttpStatusCode.OK, await PostAsync(approve));
        await fetch;
        await ToldAsync(web, 2, "got_secret");
        Assert.Equal(
            [HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound], [await PostAsync(approve), await PostAsync(deny), await GetAsync(approve)]);
        await server.StopAsync();
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains(approve.Segments[^1], StringComparison.Ordinal) || line.Contains(deny.Segments[^1], StringComparison.Ordinal));

        async Task<HttpStatusCode> GetAsync(Uri link)
        {
            using HttpResponseMessage response = await browser.GetAsync(link, Cancellation);
            return response.StatusCode;
        }

        async Task<HttpStatusCode> PostAsync(Uri link)
        {
            using HttpResponseMessage response = await browser.PostAsync(link, null, Cancellation);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task CheckConfig_ExamplesOfTheDocumentation_AreGood()
    {
        string text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/notifications.md"), Cancellation);
        string[] examples = [.. YamlBlock().Matches(text).Select(match => match.Groups[1].Value)];
        Assert.Equal(8, examples.Length);
        await using var server = new TestServer();
        foreach (string example in examples)
        {
            await File.WriteAllTextAsync(Path.Combine(server.ConfigDirectory, "plugins.yaml"), example, Cancellation);

            CommandResult result = await Command.RunAsync(Repository.Server, "--check-config", "--configdir", server.ConfigDirectory);

            Assert.True(result.ExitCode == 0, $"{example}\n{result.Output}");
        }
    }

    [Fact]
    public async Task CheckConfig_Mistakes_AreAllToldWithTheirLines()
    {
        await using var server = new TestServer();
        string file = Path.Combine(server.ConfigDirectory, "plugins.yaml");
        await File.WriteAllTextAsync(file, """
            plugins:
              Notify:
                settings:
                  link_url: mandos.example.org
                  ntfy:
                    phone:
                      url: http://ntfy.example.org/topic
                      events:
                        - disabled
                        - disabledd
                  mail:
                    admins:
                      host: localhost
                      from: mandos@example.org
                      tto: admin@example.org

            """, Cancellation);

        CommandResult result = await Command.RunAsync(Repository.Server, "--check-config", "--configdir", server.ConfigDirectory);

        Assert.Equal(1, result.ExitCode);
        string[] lines = [.. result.Output.Split('\n').Where(line => line.StartsWith(file, StringComparison.Ordinal)).Select(line => line[(file.Length + 1)..])];
        Assert.Equal(
            ["15: plugin Notify has no setting mail.admins.tto; mail.admins takes", "4: setting link_url", "7: setting ntfy.phone.url", "10: setting ntfy.phone.events.2", "13: setting mail.admins.to"],
            lines.Select(line => line.Split([": is ", " events, ", ": begins "], StringSplitOptions.None)[0]));
    }

    [Fact]
    public async Task Check_TargetOfPeople_IsToldNothing()
    {
        await using var web = new WebTarget();
        await using var server = new TestServer();
        server.PreparePlugins();
        foreach (string other in Directory.GetDirectories(server.PluginDirectory).Where(folder => Path.GetFileName(folder) != "Notify"))
        {
            Directory.Delete(other, recursive: true);
        }

        await File.WriteAllTextAsync(
            Path.Combine(server.ConfigDirectory, "plugins.yaml"), $"plugins: {{Notify: {{settings: {{ntfy: {{phone: {{url: \"{web.Url}/topic\"}}}}}}}}}}", Cancellation);

        CommandResult result = await Command.RunAsync(
            Repository.Server, "--check", "--configdir", server.ConfigDirectory, "--plugindir", server.PluginDirectory);

        string[] about = [.. result.Output.Split('\n').Where(line => line.Contains("control surface notify: ", StringComparison.Ordinal))];
        Assert.True(about.Length >= 10, result.Output);
        Assert.All(about, line => Assert.StartsWith("ok ", line, StringComparison.Ordinal));
        Assert.Equal(0, web.Connections);
    }

    private static async Task<JsonNode> ToldAsync(WebTarget web, int count, string type)
    {
        await Patience.UntilAsync($"“{type}” is told", () => web.Requests.Count >= count);
        JsonNode json = web.Requests[count - 1].Json;
        Assert.Equal(type, (string)json["type"]!);
        return json["data"]!;
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
