using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>
/// Reads sections of clients that somebody wants to add to the files, together with these: as the server would read them there, but here a doubt that
/// would cost a client its secret is a problem.
/// </summary>
internal static class SectionsReader
{
    /// <summary>What the sections are called in messages, as a file is by its name.</summary>
    public const string Source = "input";

    /// <summary>Reads sections.</summary>
    /// <param name="configDirectory">The configuration directory.</param>
    /// <param name="sections">The text, in UTF-8.</param>
    public static SectionsResult Read(string configDirectory, ReadOnlySpan<byte> sections)
    {
        if (FindShared(sections) is { } shared)
        {
            return new() { Problems = [shared] };
        }

        ProblemList problems = new();
        ProblemList warnings = new();
        using ClientFileParser file = new(problems, warnings);
        file.Parse(configDirectory, isFileRequired: false, isDirectoryRequired: false, sections, Source);
        using ClientFileValidator validator = new(file);
        List<ClientCandidate> clients = [];
        foreach (ClientCandidate client in validator.Validate())
        {
            if (IsOurs(file, client.Section))
            {
                clients.Add(client);
            }
            else
            {
                client.Definition.DisposeSecrets();
            }
        }

        List<ConfigProblem> faults = [.. problems.InOrder.Where(static problem => problem.File == Source)];
        List<ConfigProblem> doubts = [.. warnings.InOrder.Where(static warning => warning.File == Source)];
        JudgeSections(file, sections, faults);
        foreach (ClientCandidate client in clients)
        {
            JudgeSecret(file, client, faults, doubts);
        }

        Promote(doubts, faults, static doubt => doubt.Message.EndsWith(ClientKeys.OneKeyLeft, StringComparison.Ordinal));
        if (faults.Count == 0 && clients.Count < file.Document.Sections.Count(section => IsOurs(file, section)))
        {
            Promote(doubts, faults, static _ => true); // one of them says why a client is left out
        }

        if (!file.IsRead || !file.IsComplete || file.Document.Defaults.IsFaulty)
        {
            faults.AddRange(problems.InOrder.Where(static problem => problem.File != Source).Take(1)
                .Select(static problem => problem with { Message = $"{problem.Message} (so nobody can tell whether another client has the name or key)" }));
        }

        return new SectionsResult
        {
            Clients = [.. clients.Select(client => (client, LineOf(file, client.Section)))],
            Problems = faults,
            Warnings = doubts,
            Checkers = ClientFileReader.UsesOf(file, validator, clients),
        };
    }

    /// <summary>Finds what would concern other clients too.</summary>
    private static ConfigProblem? FindShared(ReadOnlySpan<byte> sections)
    {
        using ConfigDocument alone = new(new ProblemList());
        alone.AddText(Source, sections);
        return alone.OptionsOf(alone.Defaults) is [var first, ..]
            ? alone.At(first.Line, $"[{ConfigDocument.DefaultSection}] is for all clients; write it into {ClientFileReader.FileName} by hand, and leave it out here")
            : alone.Sections.Count == 0
            ? new ConfigProblem(Source, 0, "has no [name] with options below it; give it what mandos-keygen --password prints on the client")
            : null;
    }

    private static bool IsOurs(ClientFileParser file, ConfigSection section) => file.Document.At(section.Line, "").File == Source;

    private static int LineOf(ClientFileParser file, ConfigSection section) => file.Document.At(section.Line, "").Line;

    private static void JudgeSections(ClientFileParser file, ReadOnlySpan<byte> sections, List<ConfigProblem> faults)
    {
        ReadOnlySpan<byte> rest = sections.StartsWith("\uFEFF"u8) ? sections["\uFEFF"u8.Length..] : sections;
        HashSet<int> indented = [];
        for (int line = 1; !rest.IsEmpty; line++)
        {
            if (Utf8Text.TakeLine(ref rest) is not [(byte)'[', ..])
            {
                indented.Add(line);
            }
        }

        foreach (ConfigSection section in file.Document.Sections)
        {
            if (!IsOurs(file, section))
            {
                continue;
            }

            if (indented.Contains(LineOf(file, section)))
            {
                // In a file of its own it would mean something else
                faults.Add(file.Document.At(section.Line, $"[{OptionValues.Show(section.Name)}] has blanks before it; a section begins at the beginning of a line"));
            }

            if (ClientRules.FindNameFault(section.Name) is { } fault)
            {
                faults.Add(file.Document.At(section.Line, $"the client {fault}"));
            }

            foreach (ConfigOption option in file.Document.OptionsOf(section))
            {
                if (option.Name.Tag == (int)KnownOption.SecFile)
                {
                    // Whether the server can read it does not matter, and advice on how to let it would be bad: it may be any file.
                    ConfigProblem place = file.Document.At(option.Line, "");
                    faults.RemoveAll(fault => fault.Line == place.Line);
                    faults.Add(file.Document.At(option.Line, "secfile: names a file of the server; the secret itself has to be here, as secret"));
                }
            }
        }
    }

    private static void JudgeSecret(ClientFileParser file, ClientCandidate client, List<ConfigProblem> faults, List<ConfigProblem> doubts)
    {
        ReadOnlySpan<byte> secret = client.Definition.Secret.Memory.Span;
        if ((OpenPgpMessage.FindFault(secret) ?? OpenPgpMessage.FindEncryptionFault(secret)) is { } fault)
        {
            doubts.RemoveAll(doubt => doubt.Message.StartsWith($"secret: {fault}", StringComparison.Ordinal)); // it says the same of it
            faults.Add(file.Document.At(
                client.Section.Line,
                $"[{OptionValues.Show(client.Section.Name)}] secret: {fault}, so that no client can use it; take it from the client's mandos-keygen --password"));
        }
    }

    private static void Promote(List<ConfigProblem> doubts, List<ConfigProblem> faults, Predicate<ConfigProblem> isFault)
    {
        faults.AddRange(doubts.FindAll(isFault));
        doubts.RemoveAll(isFault);
    }
}
