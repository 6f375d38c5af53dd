using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Clients;

/// <summary>Says for a person how a check has gone.</summary>
internal static class LastCheck
{
    /// <summary>How the last check of a client went.</summary>
    public static string Describe(Client client) => client.LastResult switch
    {
        { Outcome: CheckOutcome.Exited, ExitCode: var code } => Meaning(client.Settings, code) is { } meaning
            ? $"its last check had exit code {code}: {meaning}" : $"its last check had exit code {code}",
        { Outcome: CheckOutcome.Signaled, Signal: var signal } => $"its last check was killed by signal {signal}",
        { Error: var error } => $"its last check could not be carried out: {error}",
        null when client.Check is not null => "its check has not ended",
        null => "no check of it has ended",
    };

    /// <summary>What an exit code says of the command itself, rather than of the client; null for nothing.</summary>
    public static string? Meaning(ClientSettings settings, int code)
    {
        if ((settings.CheckerPlugin ?? ClientDefinition.StandardChecker) != ClientDefinition.StandardChecker)
        {
            return null;
        }

        ReadOnlySpan<char> program = settings.Checker.AsSpan().TrimStart();
        program = program[..(program.IndexOfAny(' ', '\t') is >= 0 and var end ? end : program.Length)];
        return code switch
        {
            126 => "the shell may not run the program",
            127 => "the shell cannot find the program",
            4 when program[(program.LastIndexOf('/') + 1)..] is "fping" => "fping may not send pings; it needs the right to raw sockets",
            _ => null,
        };
    }
}
