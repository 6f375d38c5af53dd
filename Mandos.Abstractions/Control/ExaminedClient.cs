using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A client of an <see cref="Examination"/>.</summary>
public sealed record ExaminedClient
{
    /// <summary>The client as it would be, new to the server.</summary>
    public required ClientSnapshot Client { get; init; }

    /// <summary>The line, from 1, at which its section begins.</summary>
    public required int Line { get; init; }

    /// <summary>How many bytes its secret has.</summary>
    public required int SecretLength { get; init; }
}
