namespace Mandos.WebControl.Metrics;

/// <summary>The example behind a value of a histogram.</summary>
/// <param name="AuditId">The ID of its record in the audit.</param>
/// <param name="Value">The value.</param>
/// <param name="Time">When it was measured.</param>
internal sealed record Exemplar(string AuditId, double Value, DateTimeOffset Time);
