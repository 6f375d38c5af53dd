namespace Mandos.Host.SelfTesting;

/// <summary>What is shown of one check.</summary>
/// <param name="Subject">What was put to the test.</param>
/// <param name="Check">Name of the check.</param>
/// <param name="Fault">What is wrong, in a line; null if nothing is.</param>
internal sealed record CheckLine(string Subject, string Check, string? Fault)
{
    private const string Passed = "ok    ";
    private const string Failed = "FAIL  ";

    public override string ToString()
        => Fault is null ? $"{Passed}{Subject}: {Check}" : $"{Failed}{Subject}: {Check}: {Fault.ReplaceLineEndings(" ")}";

    /// <summary>Reads a line; null if it is not that of a certain check.</summary>
    public static CheckLine? Parse(string line, string subject, string check)
    {
        string name = $"{subject}: {check}";
        return line == Passed + name ? new CheckLine(subject, check, null)
            : line.StartsWith($"{Failed}{name}: ", StringComparison.Ordinal)
                ? new CheckLine(subject, check, line[(Failed.Length + name.Length + 2)..])
                : null;
    }
}
