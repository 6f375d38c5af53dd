namespace Mandos.StateSqlite;

/// <summary>The database can be read, but what it holds is not what was saved.</summary>
/// <param name="what">What is wrong, as the end of “the file is damaged: …”.</param>
internal sealed class DamageException(string what) : Exception(what);
