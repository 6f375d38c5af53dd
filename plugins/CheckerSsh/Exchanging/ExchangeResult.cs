using Mandos.CheckerSsh.Keys;

namespace Mandos.CheckerSsh.Exchanging;

/// <summary>How a key exchange ended.</summary>
/// <param name="Outcome">In which way.</param>
/// <param name="Type">Of the key that the host presented; null if it presented none.</param>
/// <param name="Reason">One line for the log, to be read after the host's name; empty if it proved its key.</param>
internal sealed record ExchangeResult(ExchangeOutcome Outcome, HostKeyType? Type, string Reason);
