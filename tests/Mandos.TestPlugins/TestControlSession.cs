using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.TestKit.Control;

namespace Mandos.TestPlugins;

/// <summary>One connection to the control socket. Its commands are carried out one after another, each answered when it is acknowledged.</summary>
internal sealed class TestControlSession
{
    private static readonly CommandSource _source = new("test-control");

    private readonly Stream _stream;
    private readonly IMandosServer _server;

    private TestControlSession(Stream stream, IMandosServer server) => (_stream, _server) = (stream, server);

    /// <summary>Serves a connection to its end and closes it. It does not fail.</summary>
    public static async Task RunAsync(Socket socket, IMandosServer server, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var session = new TestControlSession(stream, server);
        try
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                await session.ServeAsync(line, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The test or the server has gone.
        }
    }

    private async Task ServeAsync(string line, CancellationToken cancellationToken)
    {
        JsonNode? id = null;
        try
        {
            var request = JsonNode.Parse(line)!.AsObject();
            id = request["id"]?.DeepClone();
            if ((string?)request["do"] == "subscribe")
            {
                await StreamEventsAsync(id, cancellationToken);
                return;
            }

            var answer = await CarryOutAsync(request, cancellationToken);
            answer["id"] = id;
            answer["ok"] = true;
            await WriteAsync(answer, cancellationToken);
        }
        catch (Exception e) when (e is not (IOException or OperationCanceledException))
        {
            await WriteAsync(new() { ["id"] = id, ["error"] = e.Message, ["exception"] = e.GetType().Name }, cancellationToken);
        }
    }

    private async Task<JsonObject> CarryOutAsync(JsonObject request, CancellationToken cancellationToken)
    {
        var command = (string?)request["do"];
        switch (command)
        {
            case "info":
                return new() { ["info"] = ToNode(_server.Info) };
            case "clients":
                return new() { ["clients"] = ToNode(await _server.GetClientsAsync(cancellationToken)) };
            case "reload":
                return Answer(await _server.ReloadAsync(_source, cancellationToken));
            case "decide":
                return Answer(await _server.DecideAsync(
                    (long)request["request"]!, (bool)request["approved"]!, _source, cancellationToken));
        }

        if (command == "add")
        {
            return Answer(await _server.AddClientAsync(
                request["new"].Deserialize<NewClient>(TestControlJson.Options)!, Convert.FromBase64String((string)request["secret"]!), _source,
                cancellationToken));
        }

        var name = (string?)request["client"] ?? throw new ArgumentException($"command “{command}” needs a client");
        if (command == "client")
        {
            return new() { ["found"] = ToNode(await _server.GetClientAsync(name, cancellationToken)) };
        }

        return Answer(await (command switch
        {
            "enable" => _server.EnableAsync(name, _source, cancellationToken),
            "disable" => _server.DisableAsync(name, _source, cancellationToken),
            "approve" => _server.ApproveAsync(name, true, _source, cancellationToken),
            "deny" => _server.ApproveAsync(name, false, _source, cancellationToken),
            "checkedok" => _server.MarkCheckedOkAsync(name, _source, cancellationToken),
            "startchecker" => _server.StartCheckerAsync(name, _source, cancellationToken),
            "stopchecker" => _server.StopCheckerAsync(name, _source, cancellationToken),
            "remove" => _server.RemoveAsync(name, _source, cancellationToken),
            "change" => _server.ChangeAsync(
                name, request["change"].Deserialize<ClientChange>(TestControlJson.Options)!, _source, cancellationToken),
            "secret" => _server.SetSecretAsync(name, Convert.FromBase64String((string)request["secret"]!), _source, cancellationToken),
            _ => throw new ArgumentException($"there is no command “{command}”"),
        }));
    }

    /// <summary>An empty answer to a command whose change is on disk; an error to another.</summary>
    private static JsonObject Answer(CommandResult result)
        => result.IsDurable ? [] : throw new InvalidOperationException(result.Problem);

    private async Task StreamEventsAsync(JsonNode? id, CancellationToken cancellationToken)
    {
        using var subscription = await _server.SubscribeAsync(cancellationToken);
        await WriteAsync(new() { ["id"] = id, ["ok"] = true, ["clients"] = ToNode(subscription.Clients) }, cancellationToken);
        await foreach (var next in subscription.Events.ReadAllAsync(cancellationToken))
        {
            await WriteAsync(new() { ["event"] = next.GetType().Name, ["data"] = ToNode(next, next.GetType()) }, cancellationToken);
        }

        throw new EndOfStreamException("the server stops, which ends this connection");
    }

    private static JsonNode? ToNode<T>(T value) => ToNode(value, typeof(T));

    private static JsonNode? ToNode(object? value, Type type) => JsonSerializer.SerializeToNode(value, type, TestControlJson.Options);

    private ValueTask WriteAsync(JsonObject line, CancellationToken cancellationToken)
        => _stream.WriteAsync(Encoding.UTF8.GetBytes(line.ToJsonString() + "\n"), cancellationToken);
}
