using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Mandos.Ctl.Listing;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.Locating;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Commands;

/// <summary>The program <c>mandos-ctl</c>, described in mandos-ctl(8).</summary>
internal static class CtlCommand
{
    private const int Failure = 1;
    private const int BadUsage = 2;

    /// <summary>Clients that a connection works on at a time; dbus-daemon lets 128 calls of one wait for replies.</summary>
    private const int ClientsAtATime = 100;

    /// <summary>
    /// The most connections, one for each hundred clients: the server makes the changes of one connection one after another, each
    /// saved before the next, and saves those of several together.
    /// </summary>
    private const int MaxConnections = 32;

    /// <summary>The most named clients that are looked for one by one; for more, all are listed.</summary>
    private const int MaxLookups = 100;

    private static readonly (string Title, Func<Request, string> Text)[] _requestColumns =
    [
        ("Request", request => request.Id.ToString(CultureInfo.InvariantCulture)),
        ("Client", request => request.ClientName),
        ("Address", request => request.Address),
        ("Port", request => request.Port.ToString(CultureInfo.InvariantCulture)),
        ("Waits Since", request => request.Since),
        ("Key ID", request => request.KeyId),
    ];

    private static readonly (string Title, Func<UnknownKey, string> Text)[] _unknownColumns =
    [
        ("Last", key => key.Last),
        ("Address", key => key.Address),
        ("Count", key => key.Count.ToString(CultureInfo.InvariantCulture)),
        ("First", key => key.First),
        ("Key ID", key => key.KeyId),
    ];

    private static readonly (string Title, Func<Client, string> Text)[] _unprovenColumns =
    [
        ("Name", client => client.Name),
        ("Host", client => client.Host),
        ("Last Successful Check", client => client.LastCheckedOk),
        ("Created", client => client.Created),
    ];

    private static readonly (string Title, Func<Client, string> Text)[] _rotationColumns =
    [
        ("Name", client => client.Name),
        ("State", RotateCommand.StateOf),
        ("Key ID", client => client.KeyId),
        ("Next Key ID", client => client.Rotation!.NextKeyId),
        ("Retired Key ID", client => client.Rotation!.RetiredKeyId),
    ];

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit status: 2 for a bad command line, 1 for anything else that failed.</returns>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            CtlArguments given = CtlArguments.Parse(arguments);
            return given.Has("help") ? Print(CtlArguments.Usage(full: true))
                : given.Has("version") ? Print($"mandos-ctl {Version}\n")
                : given.Has("check") ? SelfTest()
                : await RunAsync(given, cancellationToken).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            return Fail(CtlArguments.Usage(full: false) + $"mandos-ctl: error: {SafeText.From(e.Message)}", BadUsage);
        }
        catch (ServerException e)
        {
            return Fail($"mandos-ctl: {SafeText.From(e.Message)}", Failure);
        }
        catch (OperationCanceledException)
        {
            return Fail("mandos-ctl: interrupted", Failure);
        }
        catch (IOException e)
        {
            return Fail($"mandos-ctl: cannot write the output: {SafeText.From(e.Message.ReplaceLineEndings(" "))}", Failure);
        }
    }

    private static string Version => typeof(CtlCommand).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static int Print(string text)
    {
        Console.Out.Write(text);
        return 0;
    }

    private static int Fail(string line, int status)
    {
        Console.Error.WriteLine(line);
        return status;
    }

    /// <summary>Names all clients with which something is amiss.</summary>
    private static int Fail(IReadOnlyList<ServerException> failures)
    {
        foreach (ServerException failure in failures)
        {
            Say(failure.Message);
        }

        return failures.Count == 0 ? 0 : Failure;
    }

    private static int SelfTest()
        => Durations.Parse("P1DT1S") == 86_401_000 && Durations.Parse("1d 1s") == 86_401_000
            && ClientColumn.Duration(86_401_000) == "1T00:00:01"
            ? 0
            : Fail("mandos-ctl: reads or shows durations wrongly", Failure);

    private static async Task<int> RunAsync(CtlArguments given, CancellationToken cancellationToken)
    {
        // Apart, so that waiting for standard input can be interrupted.
        byte[]? secret = given.Get("secret") is { } file
            ? await Task.Run(() => SecretFile.Read(file), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false)
            : given.Has("add") || given.Has("rotate")
            ? await Task.Run(() => SectionsFile.Read(given.Clients), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            IReadOnlyList<ClientAction> actions = ClientActions.Of(given, secret);
            ServerLocation location = new(given.Get("socket"), given.Has("debug") ? static line => Console.Error.WriteLine(line) : null);
            if (given.HasTokens)
            {
                return await TokenCommand.RunAsync(location, given, cancellationToken).ConfigureAwait(false);
            }

            IServerConnection server = await location.ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                return given.HasInvitations ? await InvitationCommand.RunAsync(server, given, cancellationToken).ConfigureAwait(false)
                    : given.Has("add") ? await AddCommand.RunAsync(server, given, secret!, cancellationToken).ConfigureAwait(false)
                    : given.Has("rotate") ? await RotateCommand.RunAsync(server, given, secret!, cancellationToken).ConfigureAwait(false)
                    : given.Has("tidy") ? await RotateCommand.TidyAsync(server, given, cancellationToken).ConfigureAwait(false)
                    : given.Has("purge") ? await PurgeCommand.RunAsync(server, given, cancellationToken).ConfigureAwait(false)
                    : await RunAsync(server, given, actions, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static async Task<int> RunAsync(
        IServerConnection server, CtlArguments given, IReadOnlyList<ClientAction> actions, CancellationToken cancellationToken)
    {
        if (given.Decision is { } decision)
        {
            await server.DecideAsync(decision.RequestId, decision.Approve, cancellationToken).ConfigureAwait(false);
        }
        else if (given.Has("reload"))
        {
            await server.ReloadAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (given.Has("requests"))
        {
            await ShowRequestsAsync(server, given, cancellationToken).ConfigureAwait(false);
        }
        else if (given.Has("kept"))
        {
            KeptTableText.Write(Console.Out, await server.GetKeptAsync(cancellationToken).ConfigureAwait(false));
        }
        else if (given.Has("unknown"))
        {
            using StreamWriter output = OpenOutput();
            TableText.Write(output, await server.GetUnknownKeysAsync(cancellationToken).ConfigureAwait(false), _unknownColumns);
        }
        else if (given.Has("unproven"))
        {
            await ShowUnprovenAsync(server, cancellationToken).ConfigureAwait(false);
        }
        else if (given.Has("rotation"))
        {
            IReadOnlyList<Client> rotating = await RotateCommand.FindAsync(server, cancellationToken).ConfigureAwait(false);
            using StreamWriter output = OpenOutput();
            TableText.Write(output, rotating, _rotationColumns);
        }
        else if (given.Has("servers"))
        {
            ShowServers(await server.GetServersAsync(cancellationToken).ConfigureAwait(false));
        }
        else if (given.Has("forget"))
        {
            foreach (string name in given.Clients)
            {
                await server.ForgetAsync(name, cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            if (given.Has("all") && actions.Count > 0 && !given.Has("remove") // after which files are named
                && await ManyActions.TryRunAsync(server, await server.ListToChangeAsync(cancellationToken).ConfigureAwait(false), actions, cancellationToken)
                    .ConfigureAwait(false) is { } failures)
            {
                return Fail(failures);
            }

            IReadOnlyList<Client> clients = await SelectAsync(server, given, cancellationToken).ConfigureAwait(false);
            if (given.Has("is-enabled"))
            {
                return clients[0].Enabled ? 0 : Failure;
            }

            if (actions.Count > 0)
            {
                try
                {
                    if (clients.Count > MaxLookups
                        && await ManyActions.TryRunAsync(server, clients, actions, cancellationToken).ConfigureAwait(false) is { } found)
                    {
                        return Fail(found);
                    }

                    await ActAsync(server, clients, actions, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    PurgeCommand.NoteFiles(given, clients);
                }

                return 0;
            }

            Show(given, clients);
            if (!given.Has("names") && !given.Has("dump-json")
                && await server.FindStateProblemAsync(cancellationToken).ConfigureAwait(false) is { } problem)
            {
                Console.Error.WriteLine($"mandos-ctl: warning: the server cannot save what changes: {problem}");
            }
        }

        return 0;
    }

    /// <summary>Says something while it goes on.</summary>
    internal static void Say(string text) => Console.Error.WriteLine($"mandos-ctl: {SafeText.From(text)}");

    private static async Task ActAsync(
        IServerConnection first,
        IReadOnlyList<Client> clients,
        IReadOnlyList<ClientAction> actions,
        CancellationToken cancellationToken)
    {
        List<IServerConnection> servers = [first];
        ServerException? notSaved = null;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task notice = WaitNotice.RunAsync(first.ConnectAnotherAsync, Say, ended.Token);
        try
        {
            // With other servers each change may take 12.5 s: the second of a connection would not be answered in time.
            int atATime = clients.Count > 1 && await first.FindServersAsync(cancellationToken).ConfigureAwait(false) is not null ? 1 : ClientsAtATime;
            while (servers.Count < MaxConnections && servers.Count * atATime < clients.Count)
            {
                servers.Add(await first.ConnectAnotherAsync(cancellationToken).ConfigureAwait(false));
            }

            foreach (Client[] some in clients.Chunk(servers.Count * atATime))
            {
                await Task.WhenAll(some.Select(async (client, i) =>
                {
                    foreach (ClientAction action in actions)
                    {
                        try
                        {
                            await action.RunAsync(servers[i % servers.Count], client, cancellationToken).ConfigureAwait(false);
                        }
                        catch (ServerException e) when (e.IsNotSaved)
                        {
                            notSaved = e; // it is done, and the others follow
                        }
                    }
                })).ConfigureAwait(false);
            }

            if (notSaved is not null)
            {
                throw notSaved;
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await notice.ConfigureAwait(false);
            foreach (IServerConnection other in servers.Skip(1))
            {
                await other.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task ShowRequestsAsync(IServerConnection server, CtlArguments given, CancellationToken cancellationToken)
    {
        IReadOnlyList<Request> requests = await server.FindRequestsAsync(cancellationToken).ConfigureAwait(false)
            ?? throw ServerException.NoRequests;
        if (given.Clients.Count > 0)
        {
            HashSet<string> paths =
                [.. (await SelectAsync(server, given, cancellationToken).ConfigureAwait(false)).Select(client => client.Path)];
            requests = [.. requests.Where(request => paths.Contains(request.Path))];
        }

        using StreamWriter output = OpenOutput();
        TableText.Write(output, requests, _requestColumns);
    }

    private static async Task ShowUnprovenAsync(IServerConnection server, CancellationToken cancellationToken)
    {
        IReadOnlyList<Client> clients = await server.ListAsync(cancellationToken).ConfigureAwait(false);
        if (clients.Any(static client => client.ProvenAt is null) || await server.FindServersAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            throw new ServerException("this server does not know which clients have booted: it is Debian's, an older one, or shares its state with others");
        }

        using StreamWriter output = OpenOutput();
        TableText.Write(output, [.. clients.Where(static client => client is { Enabled: true, ProvenAt: "" })], _unprovenColumns);
    }

    private static void ShowServers(ServerGroup group)
    {
        using (StreamWriter output = OpenOutput())
        {
            TableText.Write(output, group.Servers, ServerColumn.Of(group));
        }

        foreach (string warning in group.Warnings())
        {
            Console.Error.WriteLine($"mandos-ctl: warning: {SafeText.From(warning)}");
        }
    }

    private static StreamWriter OpenOutput() => new(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);

    private static void Show(CtlArguments given, IReadOnlyList<Client> clients)
    {
        using StreamWriter output = OpenOutput();
        if (given.Has("dump-json"))
        {
            ClientJson.Write(output, clients);
        }
        else if (given.Has("names"))
        {
            foreach (Client client in clients)
            {
                output.Write(SafeText.From(client.Name) + "\n");
            }
        }
        else
        {
            IReadOnlyList<ClientColumn> columns = given.Has("verbose") ? ClientColumn.Of(clients) : ClientColumn.Few;
            TableText.Write(output, clients, [.. columns.Select(column => (column.Title, (Func<Client, string>)column.Text))]);
        }
    }

    /// <summary>The clients that are meant.</summary>
    /// <exception cref="ServerException">One of them is not there.</exception>
    internal static async Task<IReadOnlyList<Client>> SelectAsync(
        IServerConnection server, CtlArguments given, CancellationToken cancellationToken)
    {
        if (given.Has("all") || given.Clients.Count == 0)
        {
            using var progress = ProgressLine.Begin("clients read");
            return await server.ListAsync(cancellationToken, progress.Add).ConfigureAwait(false);
        }

        Dictionary<string, Client>? all = null;
        List<Client> clients = [];
        foreach (string name in given.Clients)
        {
            Client? client = null;
            if (all is null && given.Clients.Count <= MaxLookups)
            {
                client = await server.FindAsync(name, cancellationToken).ConfigureAwait(false);
            }

            if (client?.Name != name)
            {
                all ??= (await server.ListAsync(cancellationToken).ConfigureAwait(false))
                    .DistinctBy(known => known.Name).ToDictionary(known => known.Name);
                client = all.GetValueOrDefault(name)
                    ?? throw new ServerException($"Client not found on server: '{name.ReplaceLineEndings("…")}'");
            }

            clients.Add(client);
        }

        return clients;
    }
}
