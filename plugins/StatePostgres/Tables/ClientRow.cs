using Mandos.Abstractions.Sharing;

namespace Mandos.StatePostgres.Tables;

/// <summary>A row of the table of clients. The end of its verdict is in microseconds of the database's clock.</summary>
internal readonly record struct ClientRow(SharedClient Client, long? VerdictEnds)
{
    /// <summary>The client at a time: an approval that has ended is gone.</summary>
    public SharedClient At(long clock) => Client.Control?.Verdict is not { } verdict ? Client : Client with
    {
        Control = Client.Control with
        {
            Verdict = Columns.Between(clock, VerdictEnds) is { } left && (left > TimeSpan.Zero || !verdict.Approved) ? verdict with { Left = left } : null,
        },
    };
}
