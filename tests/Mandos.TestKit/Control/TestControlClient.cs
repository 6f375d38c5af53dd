using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.TestKit.Control;

/// <summary>
/// Steers a server through the control surface <c>test-control</c> of Mandos.TestPlugins. A command's task ends when the server has carried
/// it out. Calls on one object are carried out in order; several objects may be used side by side.
/// </summary>
public sealed class TestControlClient : IDisposable
{
    private readonly string _path;
    private readonly TestControlConnection _connection;
    private readonly SemaphoreSlim _turn = new(1);
    private int _lastId;

    private TestControlClient(string path, TestControlConnection connection) => (_path, _connection) = (path, connection);

    /// <summary>Connects as soon as the server listens.</summary>
    /// <param name="path">What the server has in its environment variable <c>MANDOS_TEST_CONTROL</c>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public static async Task<TestControlClient> ConnectAsync(string path, CancellationToken cancellationToken)
        => new(path, await TestControlConnection.ConnectAsync(path, cancellationToken));

    public async Task<ServerInfo> GetInfoAsync(CancellationToken cancellationToken)
        => Get<ServerInfo>(await SendAsync("info", null, cancellationToken), "info")!;

    public async Task<IReadOnlyList<ClientSnapshot>> GetClientsAsync(CancellationToken cancellationToken)
        => Get<ClientSnapshot[]>(await SendAsync("clients", null, cancellationToken), "clients")!;

    /// <summary>One client; null if there is none of that name.</summary>
    public async Task<ClientSnapshot?> GetClientAsync(string name, CancellationToken cancellationToken)
        => Get<ClientSnapshot?>(await SendAsync("client", name, cancellationToken), "found");

    /// <summary>Begins to receive events.</summary>
    public async Task<TestEvents> SubscribeAsync(CancellationToken cancellationToken)
    {
        var connection = await TestControlConnection.ConnectAsync(_path, cancellationToken);
        try
        {
            var answer = await connection.SendAsync(new() { ["id"] = 0, ["do"] = "subscribe" }, cancellationToken);
            return new(Get<ClientSnapshot[]>(answer, "clients")!, connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public Task EnableAsync(string name, CancellationToken cancellationToken) => SendAsync("enable", name, cancellationToken);

    public Task DisableAsync(string name, CancellationToken cancellationToken) => SendAsync("disable", name, cancellationToken);

    public Task ApproveAsync(string name, CancellationToken cancellationToken) => SendAsync("approve", name, cancellationToken);

    public Task DenyAsync(string name, CancellationToken cancellationToken) => SendAsync("deny", name, cancellationToken);

    public Task MarkCheckedOkAsync(string name, CancellationToken cancellationToken) => SendAsync("checkedok", name, cancellationToken);

    public Task StartCheckerAsync(string name, CancellationToken cancellationToken) => SendAsync("startchecker", name, cancellationToken);

    public Task StopCheckerAsync(string name, CancellationToken cancellationToken) => SendAsync("stopchecker", name, cancellationToken);

    public Task AddClientAsync(NewClient client, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
        => SendAsync("add", null, cancellationToken,
            ("new", JsonSerializer.SerializeToNode(client, TestControlJson.Options)), ("secret", Convert.ToBase64String(secret.Span)));

    public Task RemoveAsync(string name, CancellationToken cancellationToken) => SendAsync("remove", name, cancellationToken);

    public Task ReloadAsync(CancellationToken cancellationToken) => SendAsync("reload", null, cancellationToken);

    public Task ChangeAsync(string name, ClientChange change, CancellationToken cancellationToken)
        => SendAsync("change", name, cancellationToken, ("change", JsonSerializer.SerializeToNode(change, TestControlJson.Options)));

    public Task SetSecretAsync(string name, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
        => SendAsync("secret", name, cancellationToken, ("secret", Convert.ToBase64String(secret.Span)));

    public void Dispose()
    {
        _connection.Dispose();
        _turn.Dispose();
    }

    private static T? Get<T>(JsonElement answer, string property) => answer.GetProperty(property).Deserialize<T>(TestControlJson.Options);

    private async Task<JsonElement> SendAsync(
        string command, string? client, CancellationToken cancellationToken, params (string Name, JsonNode? Value)[] arguments)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var id = ++_lastId;
            var request = new JsonObject { ["id"] = id, ["do"] = command };
            if (client is not null)
            {
                request["client"] = client;
            }

            foreach (var (name, value) in arguments)
            {
                request[name] = value;
            }

            var answer = await _connection.SendAsync(request, cancellationToken);
            return answer.GetProperty("id").GetInt32() == id
                ? answer
                : throw new IOException($"the answer to command {id} carries another number: {answer}");
        }
        finally
        {
            _turn.Release();
        }
    }
}
