namespace Mandos.Fuzz.Targets;

/// <summary>What must hold whatever the input is.</summary>
internal static class Expect
{
    public static void That(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(otherwise);
        }
    }

    /// <summary>A message for the log is one line of moderate length, without anything that a terminal could act on.</summary>
    public static void IsFitForTheLog(string message, int longest = 1000) => That(
        message.Length > 0 && message.Length <= longest && !message.Any(char.IsControl), $"not fit for the log: {message}");
}
