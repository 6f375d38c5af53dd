using Npgsql;

namespace Mandos.StatePostgres.Connecting;

/// <summary>What went wrong, in a line without anything secret.</summary>
/// <remarks>
/// An exception of Npgsql is never passed on: it holds the commands with their values. Of PostgreSQL's errors the message and the code are taken, and not the
/// detail, which quotes rows.
/// </remarks>
internal static class Fault
{
    /// <summary>Said of a host that takes too long.</summary>
    public const string NoAnswer = "no answer in time";

    /// <summary>
    /// Whether an exception comes from the database, or from the way to it, and not from a mistake in this plugin. Npgsql ends by
    /// <see cref="OperationCanceledException"/> what takes it too long; a caller that cancels has to be told apart first.
    /// </summary>
    public static bool IsOfDatabase(Exception exception)
        => exception is NpgsqlException or OperationCanceledException or IOException or System.Net.Sockets.SocketException or TimeoutException or UnauthorizedAccessException
            or System.Security.Authentication.AuthenticationException
        || (exception is InvalidOperationException or ObjectDisposedException && exception.Source == nameof(Npgsql));

    /// <summary>Describes it.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName }
            => "it has no tables of Mandos: have its administrator run schema.sql, which is beside this plugin",
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable }
            => "an earlier transaction has not ended; its commit may wait for a standby",
        NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException }
            => $"its certificate is for another name, leads to none of {PostgresSettings.RootCertificateName}, or is not valid now",
        TimeoutException or OperationCanceledException or NpgsqlException { InnerException: TimeoutException or OperationCanceledException } => NoAnswer,
        PostgresException error => $"{OneLine(error.MessageText)} ({error.SqlState})",
        _ => OneLine(exception.InnerException is { } inner && inner is not PostgresException
            ? $"{exception.Message.TrimEnd('.')}: {Innermost(inner).Message}" : exception.Message),
    };

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;

    private static string OneLine(string text)
        => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
