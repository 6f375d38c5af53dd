using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Plugins;

/// <summary>Notify tells a real web server what the real server and Debian's client do.</summary>
public sealed partial class NotificationTests(ClientKeys keys)
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string LinkUrl = "https://mandos.example.org/link";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_OfStockClient_AreToldWithoutSecrets()
    {
        await using var web = new WebTarget();
        await using var server = new TestServer("--debug") { Steered = true };
        string key = Path.Combine(server.ScratchDirectory, "key");
        await File.WriteAllTextAsync(key, Key + "\n", Cancellation);
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

            """, Cancellation);
        server.AddClient(keys.First.StanzaWith("checker = true", "approval_delay = PT1H", "approved_by_default = False", "location = cellar"));
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
