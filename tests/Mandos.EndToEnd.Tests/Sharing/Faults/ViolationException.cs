namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>What must never happen has happened.</summary>
internal sealed class ViolationException(string message) : Exception(message);
