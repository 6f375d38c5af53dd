using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Auditing;

/// <summary>Records in the log and in the audit log who gave each command, and what came of it. Thread-safe.</summary>
/// <param name="clock">Gives the time.</param>
/// <param name="file">The audit log; null for none.</param>
/// <param name="logger">The log.</param>
internal sealed partial class CommandAudit(EngineClock clock, IAuditLog? file, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Carries out a command, or the part of it that can fail, and notes that it failed if it does.</summary>
    /// <param name="command">The command.</param>
    /// <param name="carryOut">Carries it out.</param>
    /// <returns>What that returns.</returns>
    public T NoteFailure<T>(GivenCommand command, Func<T> carryOut)
    {
        try
        {
            return carryOut();
        }
        catch (Exception e)
        {
            Note(command, CommandOutcome.Failed, e.Message);
            throw;
        }
    }

    /// <summary>Notes what has come of a command.</summary>
    public void Note(GivenCommand command, CommandOutcome outcome, string? detail = null)
    {
        var record = new CommandRecord
        {
            Time = clock.UtcNow,
            Command = command.Command,
            Client = command.Client?.Name,
            Source = command.Source,
            Outcome = outcome,
            Detail = detail,
        };
        LogRecord(record);
        file?.Write(record);
    }
}
