namespace Mandos.Host.Configuration;

/// <summary>Reads the clients from <c>clients.conf</c> and <c>clients.d</c>, described in mandos-clients.conf(5).</summary>
internal static class ClientFileReader
{
    /// <summary>The first file in the configuration directory.</summary>
    public const string FileName = "clients.conf";

    /// <summary>The directory beside it whose <c>*.conf</c> files are read after it in ordinal order, as if appended.</summary>
    public const string DirectoryName = "clients.d";

    /// <summary>Reads all clients, and gathers all problems. A client that has one is left out.</summary>
    /// <param name="configDirectory">The configuration directory.</param>
    /// <param name="isFileRequired">Whether it is a problem if <see cref="FileName"/> is missing, rather than as if it were empty.</param>
    /// <param name="isDirectoryRequired">Whether it is a problem if <see cref="DirectoryName"/> is missing.</param>
    public static ClientFileResult Read(string configDirectory, bool isFileRequired = false, bool isDirectoryRequired = false)
    {
        ProblemList problems = new();
        ProblemList warnings = new();
        using FilesDigest digest = new();
        using ClientFileParser file = new(problems, warnings, digest);
        file.Parse(configDirectory, isFileRequired, isDirectoryRequired);
        using ClientFileValidator validator = new(file);
        List<ClientCandidate> clients = validator.Validate();
        bool areUsable = file.IsRead && !file.Document.Defaults.IsFaulty;
        if (!areUsable)
        {
            clients.ForEach(client => client.Definition.DisposeSecrets());
            clients.Clear();
        }

        return new ClientFileResult
        {
            Clients = areUsable ? clients.ConvertAll(client => client.Definition) : null,
            LeftOut = validator.LeftOut,
            IsComplete = file.IsComplete,
            Unread = [.. file.Document.Unread, .. validator.UnreadSecrets],
            Problems = problems.InOrder,
            Warnings = warnings.InOrder,
            Mark = digest.Mark(),
            Checkers = UsesOf(file, validator, clients),
        };
    }

    /// <summary>Which of the clients have checkers of their own, and where their options stand.</summary>
    /// <param name="file">The files.</param>
    /// <param name="validator">Has read the clients.</param>
    /// <param name="clients">The clients.</param>
    internal static CheckerUses UsesOf(ClientFileParser file, ClientFileValidator validator, List<ClientCandidate> clients)
    {
        List<ClientCandidate> plain = clients.FindAll(static client => client.IsPlain);
        return new CheckerUses
        {
            Clients = clients.FindAll(static client => !client.IsPlain).ConvertAll(client => new CheckerUse
            {
                Client = client.Definition.Name,
                Settings = client.Definition.Settings,
                Line = client.Section.Line,
                Options = file.Places(client.Section),
            }),
            PlainClients = plain.Count,
            FirstPlainLine = plain.Count > 0 ? plain[0].Section.Line : 0,
            PlainOptions = validator.UselessOptions,
            Defaults = file.Places(file.Document.Defaults),
            Lines = file.Document.Lines,
        };
    }
}
