using System.Globalization;
using System.Security.Cryptography;
using Mandos.Ctl.Files;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Commands;

/// <summary>Gives clients next keys in their files, as <c>mandos-keygen --password</c> prints new ones, and tidies these once the keys are promoted.</summary>
internal static class RotateCommand
{
    /// <summary>Gives next keys, or with <c>--dry-run</c> shows what that would mean.</summary>
    /// <param name="server">The server.</param>
    /// <param name="given">The command line.</param>
    /// <param name="sections">The clients with their new keys; the caller zeroes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The exit status.</returns>
    /// <exception cref="ServerException">It cannot be done, or not for all of them.</exception>
    public static async Task<int> RunAsync(IServerConnection server, CtlArguments given, byte[] sections, CancellationToken cancellationToken)
    {
        Dictionary<string, Client> clients = await ListAsync(server, cancellationToken).ConfigureAwait(false);
        if (await server.FindServersAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            throw new ServerException("servers that share their state have no next keys yet; nothing was written: use --add, or change key_id and secret by hand");
        }

        var lines = new ConfigLines(sections);
        for (int i = 0; i < lines.Sections; i++)
        {
            if (!clients.ContainsKey(lines.NameOf(i)))
            {
                throw new ServerException($"input:{lines.LineOf(i)}: there is no client [{lines.NameOf(i)}]; nothing was written: mandos-ctl --add adds one");
            }
        }

        Examination examination = await ExamineAsync(server, lines, clients, cancellationToken).ConfigureAwait(false);
        Dictionary<string, SectionPlace> places = Places(given, Enumerable.Range(0, lines.Sections).Select(lines.NameOf), clients);
        ServerFiles.RequireDirectory(given, examination);
        for (int i = 0; i < lines.Sections; i++)
        {
            Show(clients[lines.NameOf(i)], lines.ValueOf(i, "key_id") ?? "", examination.Clients[i].SecretLength);
        }

        ServerFiles.WarnOf(examination.Doubts.Where(static doubt => doubt.StartsWith("input:", StringComparison.Ordinal))); // others are about checks
        string[] keys = [.. Enumerable.Range(0, lines.Sections).Select(i => KeyIn(lines, i))];
        for (int i = 0; i < lines.Sections; i++)
        {
            Client client = clients[lines.NameOf(i)];
            if (client.Rotation!.NextKeyId is { Length: > 0 } other && other != keys[i])
            {
                throw new ServerException($"client {client.Name} has the next key {other} already, which its machine may have; nothing was written: reboot it, or mandos-ctl "
                    + $"--promote {client.Name}, or take next_key_id and its secret out of {places[client.Name].File} first");
            }
        }

        if (!given.Has("dry-run"))
        {
            await ChangeAsync(server, given, Enumerable.Range(0, lines.Sections).Select(i => (places[lines.NameOf(i)], clients[lines.NameOf(i)])), (file, client, i) =>
                RotationFile.WithNext(client.Rotation is { IsFileBehind: true } ? new ConfigLines(Tidied(file, client)) : file, lines, i), cancellationToken).ConfigureAwait(false);
            await server.ReloadAsync(cancellationToken).ConfigureAwait(false);
            clients = await ListAsync(server, cancellationToken).ConfigureAwait(false);
        }

        for (int i = 0; i < lines.Sections; i++)
        {
            string name = lines.NameOf(i);
            if (given.Has("dry-run"))
            {
                Console.Out.WriteLine($"{SafeText.From(name)}: would be written to {SafeText.From(places[name].File)}");
            }
            else if (clients.GetValueOrDefault(name)?.Rotation?.NextKeyId != keys[i])
            {
                throw new ServerException($"client {name}: its next key is in {places[name].File}, but the server does not have it; its log says why");
            }
            else
            {
                Console.Out.WriteLine($"{SafeText.From(name)}: written to {SafeText.From(places[name].File)}; its old key is valid until a boot with the new one has succeeded");
            }
        }

        return 0;
    }

    /// <summary>Leaves the promoted keys alone in the files of clients.</summary>
    /// <returns>The exit status.</returns>
    /// <exception cref="ServerException">It cannot be done, or not for all of them.</exception>
    public static async Task<int> TidyAsync(IServerConnection server, CtlArguments given, CancellationToken cancellationToken)
    {
        Dictionary<string, Client> all = await ListAsync(server, cancellationToken).ConfigureAwait(false);
        foreach (string name in given.Clients)
        {
            if (all.GetValueOrDefault(name) is not { } named)
            {
                throw new ServerException($"Client not found on server: '{name.ReplaceLineEndings("…")}'");
            }

            if (named.Rotation is not { IsFileBehind: true })
            {
                throw new ServerException($"client {name} has no promoted key that its file does not have; nothing was written");
            }
        }

        Client[] clients = [.. all.Values.Where(client => client.Rotation is { IsFileBehind: true } && (given.Clients.Count == 0 || given.Clients.Contains(client.Name)))];
        if (clients.Length == 0)
        {
            Console.Out.WriteLine("the files of all clients are tidy");
            return 0;
        }

        Dictionary<string, SectionPlace> places = Places(given, clients.Select(static client => client.Name), all);
        await ChangeAsync(
            server, given, clients.Select(client => (places[client.Name], client)), static (file, client, _) => Tidied(file, client), cancellationToken).ConfigureAwait(false);
        await server.ReloadAsync(cancellationToken).ConfigureAwait(false);
        foreach (Client client in clients)
        {
            Console.Out.WriteLine($"{SafeText.From(client.Name)}: {SafeText.From(places[client.Name].File)} has its new key alone");
        }

        return 0;
    }

    /// <summary>The clients that have a next key, or had one.</summary>
    public static async Task<IReadOnlyList<Client>> FindAsync(IServerConnection server, CancellationToken cancellationToken)
        => [.. (await ListAsync(server, cancellationToken).ConfigureAwait(false)).Values.Where(static client => client.Rotation is { NextKeyId.Length: > 0 } or { RetiredKeyId.Length: > 0 })];

    /// <summary>How far a client is, in words.</summary>
    public static string StateOf(Client client) => client.Rotation switch
    {
        { NextKeyId.Length: > 0, TriedAt: { Length: > 0 } at } => $"tried since {at}, waits for a check",
        { NextKeyId.Length: > 0 } => "waits for a boot with the next key",
        { PromotedAt: var at, IsFileBehind: true } => $"promoted {at}; its file can be tidied",
        { PromotedAt: var at } => $"promoted {at}",
        null => "",
    };

    private static async Task<Dictionary<string, Client>> ListAsync(IServerConnection server, CancellationToken cancellationToken)
    {
        IReadOnlyList<Client> clients = await server.ListAsync(cancellationToken).ConfigureAwait(false);
        return clients.Any(static client => client.Rotation is null)
            ? throw new ServerException("this server has no next keys: it is Debian's, or an older one")
            : clients.DistinctBy(static client => client.Name).ToDictionary(static client => client.Name, StringComparer.Ordinal);
    }

    /// <summary>Has the server judge the keys and secrets as those of clients of their own. One that is the next key already is judged by another name.</summary>
    private static async Task<Examination> ExamineAsync(
        IServerConnection server, ConfigLines lines, Dictionary<string, Client> clients, CancellationToken cancellationToken)
    {
        byte[] examined = RotationFile.ToExamine(lines, i => KeyIn(lines, i) == clients[lines.NameOf(i)].Rotation!.NextKeyId
            ? Convert.ToHexString(RandomNumberGenerator.GetBytes(32)) : null);
        try
        {
            Examination examination = await server.ExamineAsync(examined, cancellationToken).ConfigureAwait(false);
            ServerFiles.RequireNoProblems(examination, "nothing was written");
            return examination.Clients.Count != lines.Sections
                    || examination.Clients.Where((client, i) => client.Client.Name != RotationFile.ExaminedName(lines.NameOf(i)) || client.Client.KeyId.Length == 0).Any()
                ? throw new ServerException("the server finds other sections there than those that were given to it; nothing was written")
                : examination;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(examined);
        }
    }

    /// <summary>The key ID of a section as the server shows it.</summary>
    private static string KeyIn(ConfigLines lines, int section)
    {
        string digits = new([.. (lines.ValueOf(section, "key_id") ?? "").Where(char.IsAsciiHexDigit)]);
        return digits.Length >= 64 ? digits[^64..].ToUpperInvariant() : ""; // without 0x, and the like
    }

    private static void Show(Client client, string key, uint secretLength)
    {
        Console.Out.WriteLine(SafeText.From(client.Name));
        Console.Out.WriteLine($"  {"Key ID",-20} {client.KeyId}");
        Console.Out.WriteLine($"  {"Next Key ID",-20} {SafeText.From(key)}");
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {"Next Secret",-20} {secretLength} bytes of OpenPGP data"));
    }

    /// <summary>Where clients stand, each alone in a file.</summary>
    private static Dictionary<string, SectionPlace> Places(CtlArguments given, IEnumerable<string> names, Dictionary<string, Client> clients)
    {
        HashSet<string> wanted = names.ToHashSet(StringComparer.Ordinal);
        List<SectionPlace> places = SectionPlace.Find(given.ConfigDirectory, wanted);
        if (places.FirstOrDefault(static place => !place.IsAlone) is { } shared)
        {
            bool isBehind = clients[shared.Client].Rotation is { IsFileBehind: true };
            throw new ServerException($"client {shared.Client} stands at {shared.File}:{shared.Line}, not alone in a file of clients.d; nothing was written: "
                + (isBehind ? "there, make next_key_id its key_id and next_secret its secret, and take the old ones and the fingerprint out"
                    : "write the new key there as next_key_id, and the new secret as next_secret"));
        }

        return wanted.FirstOrDefault(name => places.Count(place => place.Client == name) != 1) is { } missing
            ? throw new ServerException($"client {missing} is in no file in {given.ConfigDirectory} that can be read; nothing was written")
            : places.ToDictionary(static place => place.Client, StringComparer.Ordinal);
    }

    /// <exception cref="ServerException">It is not as a file that is behind should be.</exception>
    private static byte[] Tidied(ConfigLines file, Client client) => RotationFile.Tidied(file, client.Rotation!.RetiredKeyId, client.KeyId) ?? throw new ServerException(
        $"the file of client {client.Name} does not have its retired key as key_id, and its present key and secret as next_key_id and next_secret; nothing was written: "
        + "change it by hand");

    /// <summary>Changes files, each at once and for good, and the first one only if all can be changed.</summary>
    private static async Task ChangeAsync(
        IServerConnection server, CtlArguments given, IEnumerable<(SectionPlace Place, Client Client)> clients, Func<ConfigLines, Client, int, byte[]> change,
        CancellationToken cancellationToken)
    {
        List<(string File, byte[] Before, byte[] After)> files = [];
        try
        {
            using ClientsDirectory directory = ClientsDirectory.Open(given.ConfigDirectory);
            Dictionary<string, Client> present = await ListAsync(server, cancellationToken).ConfigureAwait(false);
            foreach ((int i, (SectionPlace place, Client client)) in clients.Index())
            {
                byte[] before = await File.ReadAllBytesAsync(place.File, cancellationToken).ConfigureAwait(false);
                var lines = new ConfigLines(before);
                files.Add((place.File, before, []));
                if (lines.Sections != 1 || lines.NameOf(0) != client.Name
                    || present.GetValueOrDefault(client.Name) is not { } now || (now.KeyId, now.Rotation) != (client.KeyId, client.Rotation))
                {
                    throw new ServerException($"client {client.Name} or its file has just been changed; nothing was written: try again");
                }

                files[^1] = (place.File, before, change(lines, client, i));
            }

            foreach ((string file, _, byte[] after) in files.Where(static file => !file.After.AsSpan().SequenceEqual(file.Before)))
            {
                directory.Replace(file, after);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ServerFiles.Fault(e);
        }
        finally
        {
            foreach ((_, byte[] before, byte[] after) in files)
            {
                CryptographicOperations.ZeroMemory(before);
                CryptographicOperations.ZeroMemory(after);
            }
        }
    }
}
