namespace Mandos.Notify.Settings;

/// <summary>A token or a password cannot be read.</summary>
/// <param name="message">Which one, and why, in a line. Nothing of it.</param>
internal sealed class SecretException(string message) : Exception(message);
