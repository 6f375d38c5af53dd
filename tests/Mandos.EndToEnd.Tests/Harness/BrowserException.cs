namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>The browser could not do what it was told.</summary>
/// <param name="code">What WebDriver calls it.</param>
/// <param name="message">The same with details.</param>
internal sealed class BrowserException(string code, string message) : Exception(message)
{
    public string Code => code;
}
