namespace Mandos.Ctl.Servers;

/// <summary>What a server would make of sections of <c>clients.conf</c> that its files do not have yet.</summary>
/// <param name="ConfigDirectory">Where the server's files are.</param>
/// <param name="Clients">The clients that the sections define, in their order.</param>
/// <param name="Problems">Why they must not be added, a line each.</param>
/// <param name="Doubts">What is doubtful, a line each.</param>
internal sealed record Examination(
    string ConfigDirectory, IReadOnlyList<ExaminedClient> Clients, IReadOnlyList<string> Problems, IReadOnlyList<string> Doubts);

/// <summary>A client that a section defines.</summary>
/// <param name="Line">The line, from 1, at which the section begins.</param>
/// <param name="SecretLength">How many bytes the secret has.</param>
/// <param name="CheckerPlugin">What checks it; null or empty: the standard checker, with the client's command.</param>
/// <param name="Client">The client as it would be.</param>
internal sealed record ExaminedClient(uint Line, uint SecretLength, string? CheckerPlugin, Client Client);
