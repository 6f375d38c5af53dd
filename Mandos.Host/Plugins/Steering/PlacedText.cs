namespace Mandos.Host.Plugins.Steering;

/// <summary>A text of a file and where it stands.</summary>
/// <param name="Text">The text, which may be a secret.</param>
/// <param name="Line">Its line, from 1.</param>
internal readonly record struct PlacedText(string Text, int Line)
{
    /// <summary>The line alone.</summary>
    public override string ToString() => $"line {Line}";
}
