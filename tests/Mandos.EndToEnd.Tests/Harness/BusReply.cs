namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>The answer to a call.</summary>
/// <param name="Error">The error's name; null if the call succeeded.</param>
/// <param name="Body">What was returned, or the error's text, in GVariant's text format, dictionaries sorted.</param>
/// <param name="Signals">The signals that came between the call and its answer.</param>
internal sealed record BusReply(string? Error, string Body, IReadOnlyList<BusSignal> Signals)
{
    public override string ToString() => Error is null ? Body : $"{Error}: {Body}";
}
