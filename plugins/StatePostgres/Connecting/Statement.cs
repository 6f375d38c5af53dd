namespace Mandos.StatePostgres.Connecting;

/// <summary>An SQL statement with the values of its parameters <c>$1</c>, <c>$2</c> …</summary>
internal sealed record Statement(string Sql, params object?[] Values);
