using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mandos.Ctl.Files;
using Mandos.Ctl.Listing;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Commands;

/// <summary>Adds clients to the files of the server, as <c>mandos-keygen --password</c> prints them.</summary>
internal static class AddCommand
{
    /// <summary>How long the first check of a client is waited for.</summary>
    private static readonly TimeSpan _checkTime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    private static readonly string[] _shown =
    [
        "Host", "KeyID", "Fingerprint", "Enabled", "Checker", "Timeout", "ExtendedTimeout", "Interval", "ApprovedByDefault", "ApprovalDelay",
        "ApprovalDuration",
    ];

    /// <summary>Adds them, or with <c>--dry-run</c> shows what that would mean.</summary>
    /// <param name="server">The server.</param>
    /// <param name="given">The command line.</param>
    /// <param name="sections">The clients; the caller zeroes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="only">The name of the one client that it has to be; null for any.</param>
    /// <returns>The exit status.</returns>
    /// <exception cref="ServerException">They cannot be added, or not all of them.</exception>
    public static async Task<int> RunAsync(
        IServerConnection server, CtlArguments given, byte[] sections, CancellationToken cancellationToken, string? only = null)
    {
        Examination examination = await server.ExamineAsync(sections, cancellationToken).ConfigureAwait(false);
        ServerFiles.RequireNoProblems(examination, "nothing was added");
        RequireHeads(sections, examination, only);
        foreach (ExaminedClient client in examination.Clients)
        {
            Show(client);
        }

        ServerFiles.WarnOf(examination.Doubts);
        ServerFiles.RequireDirectory(given, examination);
        foreach (SshServer other in given.Others)
        {
            await other.RunAsync(sections, isQuiet: true, SshServer.Limit, ["--add", "--dry-run"], cancellationToken).ConfigureAwait(false);
        }

        (ExaminedClient Client, string File)[] files = [.. examination.Clients.Select(client => (client, FileOf(given, client)))];
        if (given.Has("dry-run"))
        {
            foreach (SshServer other in given.Others)
            {
                Console.Out.WriteLine($"{other.Name}: would add the same");
            }

            foreach ((ExaminedClient client, string file) in files)
            {
                Console.Out.WriteLine($"{SafeText.From(client.Client.Name)}: would be written to {SafeText.From(file)}");
            }

            return 0;
        }

        Write(given, sections, files);
        await server.ReloadAsync(cancellationToken).ConfigureAwait(false);
        int status = 0;
        try
        {
            foreach ((ExaminedClient client, string file) in files)
            {
                await CheckAsync(server, client.Client.Name, file, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ServerException e) when (given.Others.Count > 0)
        {
            Console.Error.WriteLine($"mandos-ctl: {e.Message}");
            status = 1;
        }

        if (given.Others.Count == 0)
        {
            await NoteOthersAsync(server, cancellationToken).ConfigureAwait(false);
        }

        return Math.Max(status, await AddAtOthersAsync(given.Others, sections, files.Length, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds them at each of the others, also if one fails: each machine has to boot from as many as possible.</summary>
    /// <param name="others">Where.</param>
    /// <param name="sections">The clients.</param>
    /// <param name="count">How many they are, each of which is waited for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> AddAtOthersAsync(IReadOnlyList<SshServer> others, byte[] sections, int count, CancellationToken cancellationToken)
    {
        int status = 0;
        foreach (SshServer other in others)
        {
            try
            {
                await other.RunAsync(sections, isQuiet: false, SshServer.Limit + (count * _checkTime), ["--add"], cancellationToken).ConfigureAwait(false);
            }
            catch (ServerException e)
            {
                Console.Error.WriteLine($"mandos-ctl: {e.Message}; what was given is here, but not there, or not all of it: say there mandos-ctl --add");
                status = 1;
            }
        }

        return status;
    }

    /// <summary>The server says what the sections are and where they begin; but root writes only what stands there, under its own name.</summary>
    private static void RequireHeads(ReadOnlySpan<byte> sections, Examination examination, string? only)
    {
        Dictionary<uint, string> heads = [];
        uint line = 0;
        sections = sections.TrimStart("\uFEFF"u8);
        foreach (Range range in sections.Split((byte)'\n'))
        {
            line++;
            if (sections[range] is [(byte)'[', ..] head)
            {
                heads[line] = Encoding.UTF8.GetString(head);
            }
        }

        if (examination.Clients.Any(client => !heads.GetValueOrDefault(client.Line, "").StartsWith($"[{client.Client.Name}]", StringComparison.Ordinal))
            || examination.Clients.Count != heads.Count
            || (only is not null && (examination.Clients.Count != 1 || examination.Clients[0].Client.Name != only)))
        {
            throw new ServerException("the server finds other sections there than those that were given to it; nothing was added");
        }
    }

    private static void Show(ExaminedClient client)
    {
        Console.Out.WriteLine(SafeText.From(client.Client.Name));
        bool hasPlugin = !string.IsNullOrEmpty(client.CheckerPlugin);
        IEnumerable<(string Title, string Text)> lines =
        [
            .. ClientColumn.Of([client.Client]).Where(column => (_shown.Contains(column.Property) && !(hasPlugin && column.Property == "Checker"))
                    || !ClientColumn.All.Contains(column))
                .OrderBy(static column => (uint)Array.IndexOf(_shown, column.Property)) // those of this server alone come last
                .Select(column => (column.Title, column.Text(client.Client))).Where(static line => line.Item2.Length > 0),
            .. hasPlugin ? [("Checker Plugin", client.CheckerPlugin!)] : Array.Empty<(string, string)>(),
            ("Secret", string.Create(CultureInfo.InvariantCulture, $"{client.SecretLength} bytes of OpenPGP data")),
        ];
        foreach ((string title, string text) in lines)
        {
            Console.Out.WriteLine($"  {title,-20} {SafeText.From(text)}");
        }
    }

    private static string FileOf(CtlArguments given, ExaminedClient client)
    {
        string file = ClientsDirectory.FileOf(given.ConfigDirectory, client.Client.Name) ?? throw new ServerException(
            $"client {SafeText.From(client.Client.Name)}: no file can be called so plainly; write it into clients.conf by hand, or name it with letters, "
            + "digits, dots and hyphens");
        return !Path.Exists(file) ? file : throw new ServerException(
            $"{SafeText.From(file)} is there already, and has another client in it, or none; move it away, or write the client into clients.conf by hand");
    }

    private static void Write(CtlArguments given, byte[] sections, (ExaminedClient Client, string File)[] files)
    {
        try
        {
            using ClientsDirectory directory = ClientsDirectory.Open(given.ConfigDirectory);
            for (int i = 0; i < files.Length; i++)
            {
                (ExaminedClient client, string file) = files[i];
                byte[] content = Cut(sections, client.Line, i + 1 < files.Length ? files[i + 1].Client.Line : uint.MaxValue);
                try
                {
                    directory.Add(file, content);
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(content);
                }

                Console.Out.WriteLine($"{SafeText.From(client.Client.Name)}: written to {SafeText.From(file)}");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ServerFiles.Fault(e);
        }
    }

    /// <summary>The lines of one section, with a line before it that says where it comes from.</summary>
    /// <param name="sections">All sections.</param>
    /// <param name="first">The section's first line, from 1.</param>
    /// <param name="next">The first line of the next one.</param>
    internal static byte[] Cut(byte[] sections, uint first, uint next)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"# Added by mandos-ctl --add at {TimeProvider.System.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}\n"));
        (int start, int end) = (sections.Length, sections.Length);
        uint line = 1;
        for (int i = 0; i < sections.Length && line < next; i++)
        {
            start = line == first && start == sections.Length ? i : start;
            line += sections[i] == '\n' ? 1u : 0;
            end = i + 1;
        }

        byte[] content = new byte[head.Length + end - start];
        head.CopyTo(content, 0);
        sections.AsSpan(start, end - start).CopyTo(content.AsSpan(head.Length));
        return content;
    }

    /// <summary>Says whether a client is served, and seen alive.</summary>
    private static async Task CheckAsync(IServerConnection server, string name, string file, CancellationToken cancellationToken)
    {
        Client client = await FindAsync(server, name, cancellationToken).ConfigureAwait(false) ?? throw new ServerException(
            $"client {SafeText.From(name)} is in {SafeText.From(file)}, but the server does not have it; its log says why");
        if (!client.Enabled)
        {
            Console.Out.WriteLine($"{SafeText.From(name)}: the server has it, disabled; mandos-ctl --enable enables it");
            return;
        }

        await server.CheckAsync(client, start: true, cancellationToken).ConfigureAwait(false);
        long begun = TimeProvider.System.GetTimestamp();
        while (client is { CheckerRunning: true } or { LastCheckerStatus: -2 } && TimeProvider.System.GetElapsedTime(begun) < _checkTime)
        {
            await Task.Delay(_pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            client = await FindAsync(server, name, cancellationToken).ConfigureAwait(false)
                ?? throw new ServerException($"client {SafeText.From(name)} is not on the server any more");
        }

        Console.Out.WriteLine($"{SafeText.From(name)}: the server has it, enabled{(client.LastCheckerStatus == 0 ? ", and its check succeeded" : "")}");
        if (client.LastCheckerStatus != 0)
        {
            string what = client.LastCheckerStatus == -2 ? $"has not ended within {_checkTime.TotalSeconds} s" : "failed";
            Console.Error.WriteLine($"mandos-ctl: warning: the check of {SafeText.From(name)} {what}; until one succeeds, it has "
                + $"{ClientColumn.Duration(client.Timeout)}: is its host right, and is it up? "
                + $"mandos-ctl --host ADDRESS {SafeText.From(name)} sets another");
        }
    }

    private static async Task<Client?> FindAsync(IServerConnection server, string name, CancellationToken cancellationToken)
        => await server.FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? (await server.ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(client => client.Name == name);

    /// <summary>Each of several servers has its own files.</summary>
    private static async Task NoteOthersAsync(IServerConnection server, CancellationToken cancellationToken)
    {
        ServerGroup? group = await server.FindServersAsync(cancellationToken).ConfigureAwait(false);
        string[] others = [.. (group?.Servers ?? []).Where(static other => !other.IsSelf).Select(static other => SafeText.From(other.Name))];
        if (others.Length > 0)
        {
            Console.Error.WriteLine($"mandos-ctl: each server gives out what its own files have: add the same at {string.Join(", ", others)}, or say --also next time");
        }
    }
}
