using Mandos.Ctl.Files;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Commands;

/// <summary>Removes clients from the server, and their files from <c>clients.d</c>.</summary>
internal static class PurgeCommand
{
    /// <summary>The most clients that are named as still in the files; more are counted.</summary>
    private const int MostNamed = 20;

    /// <summary>Removes them. A client whose section stands among others stays: only a person can take that out.</summary>
    /// <returns>The exit status.</returns>
    /// <exception cref="ServerException">One cannot be removed, or is not there.</exception>
    public static async Task<int> RunAsync(IServerConnection server, CtlArguments given, CancellationToken cancellationToken)
    {
        List<SectionPlace> places = SectionPlace.Find(given.ConfigDirectory, given.Clients.ToHashSet(StringComparer.Ordinal));
        if (places.FirstOrDefault(static place => !place.IsAlone) is { } shared)
        {
            throw new ServerException($"client {SafeText.From(shared.Client)} stands at {Place(shared)}, not alone in a file of clients.d; "
                + "nothing was removed: take it out there by hand, or use --remove");
        }

        foreach (string name in given.Clients)
        {
            Client? client = await server.FindAsync(name, cancellationToken).ConfigureAwait(false)
                ?? (await server.ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(client => client.Name == name);
            SectionPlace? place = places.Find(place => place.Client == name);
            if (client is null && place is null)
            {
                throw new ServerException($"Client not found on server: '{SafeText.From(name)}'; and {SafeText.From(given.ConfigDirectory)} has no file of it that can be read");
            }

            if (client is not null)
            {
                await server.RemoveAsync(client, cancellationToken).ConfigureAwait(false); // first, so that it stays away whatever comes
            }

            if (place is not null)
            {
                Remove(given, place);
                Console.Out.WriteLine($"{SafeText.From(name)}: removed, with {SafeText.From(place.File)}");
            }
        }

        if (places.Count > 0)
        {
            await server.ReloadAsync(cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    /// <summary>After <c>--remove</c>: says which clients the files still have.</summary>
    public static void NoteFiles(CtlArguments given, IReadOnlyList<Client> clients)
    {
        if (!given.Has("remove"))
        {
            return;
        }

        List<SectionPlace> places = SectionPlace.Find(given.ConfigDirectory, clients.Select(static client => client.Name).ToHashSet(StringComparer.Ordinal));
        foreach (SectionPlace place in places.Take(MostNamed))
        {
            Console.Error.WriteLine($"mandos-ctl: {SafeText.From(place.Client)} still stands at {Place(place)}, and stays away until mandos-ctl --forget "
                + $"and a reload bring it back; {(place.IsAlone ? "mandos-ctl --purge removes that file" : "take it out there by hand")}");
        }

        if (places.Count > MostNamed)
        {
            Console.Error.WriteLine($"mandos-ctl: so do {places.Count - MostNamed} more");
        }
    }

    private static string Place(SectionPlace place) => $"{SafeText.From(place.File)}:{place.Line}";

    private static void Remove(CtlArguments given, SectionPlace place)
    {
        try
        {
            using ClientsDirectory directory = ClientsDirectory.Open(given.ConfigDirectory);
            directory.Remove(place.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServerException($"client {SafeText.From(place.Client)} is removed from the server, but not its file: {SafeText.From(e.Message.ReplaceLineEndings(" "))}");
        }
    }
}
