namespace Mandos.StateSqlite;

/// <summary>The database was written by a newer server.</summary>
/// <param name="found">Its version.</param>
/// <param name="known">The newest version that this server knows.</param>
internal sealed class VersionException(long found, int known) : Exception
{
    public long Found => found;

    public int Known => known;
}
