namespace Mandos.Ctl.Files;

/// <summary>Where a client stands in the server's files.</summary>
/// <param name="Client">Its name.</param>
/// <param name="File">The file.</param>
/// <param name="Line">The line, from 1, of its section.</param>
/// <param name="IsAlone">Whether the file is one of <c>clients.d</c> and has nothing else.</param>
internal sealed record SectionPlace(string Client, string File, int Line, bool IsAlone)
{
    /// <summary>Finds clients in the files, as far as they can be read.</summary>
    /// <param name="configDirectory">The directory with the files.</param>
    /// <param name="clients">Their names.</param>
    public static List<SectionPlace> Find(string configDirectory, IReadOnlySet<string> clients)
    {
        string directory = ClientsDirectory.PathIn(configDirectory);
        List<SectionPlace> places = [];
        Add(places, Path.Combine(configDirectory, "clients.conf"), clients, isOfDirectory: false);
        try
        {
            foreach (string file in Directory.EnumerateFiles(directory, "*.conf").Where(static file => Path.GetFileName(file)[0] != '.'))
            {
                Add(places, file, clients, isOfDirectory: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is none, or it is not for us.
        }

        return places;
    }

    private static void Add(List<SectionPlace> places, string file, IReadOnlySet<string> clients, bool isOfDirectory)
    {
        List<SectionPlace> found = [];
        int sections = 0;
        try
        {
            int line = 0;
            foreach (string text in System.IO.File.ReadLines(file))
            {
                line++;
                if (text.AsSpan().TrimStart() is not ['[', ..])
                {
                    continue;
                }

                sections++; // perhaps it is one, or it goes on with an option: then nobody should decide by this what to delete
                int end = text.LastIndexOf(']');
                if (end > 1 && text[0] == '[' && clients.Contains(text[1..end]))
                {
                    found.Add(new SectionPlace(text[1..end], file, line, IsAlone: false));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // as above
        }

        bool isAlone = isOfDirectory && sections == 1 && new FileInfo(file).LinkTarget is null;
        places.AddRange(found.Select(place => place with { IsAlone = isAlone }));
    }
}
