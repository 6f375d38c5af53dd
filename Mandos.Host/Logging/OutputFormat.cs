namespace Mandos.Host.Logging;

/// <summary>How the log is laid out on standard error.</summary>
internal enum OutputFormat
{
    /// <summary>Text for people.</summary>
    Text,

    /// <summary>An object of JSON on each line, for programs.</summary>
    Json,
}
