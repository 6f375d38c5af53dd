using Mandos.Abstractions.Sharing;

namespace Mandos.StatePostgres.Tables;

/// <summary>A row of the table of liveness. Times are in microseconds of the database's clock.</summary>
internal readonly record struct LivenessRow(string Client, long? Ok, long? Checked, int Status, long? Expires)
{
    /// <summary>The same with durations.</summary>
    public SharedLiveness At(long clock) => new()
    {
        Client = Client,
        SinceCheckedOk = Columns.Between(Ok, clock),
        SinceChecked = Columns.Between(Checked, clock),
        Status = Status,
        ExpiresIn = Columns.Between(clock, Expires),
    };
}
