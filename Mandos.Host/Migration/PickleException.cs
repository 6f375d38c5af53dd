namespace Mandos.Host.Migration;

/// <summary>A file is no pickle, or not one of Debian's server.</summary>
/// <param name="message">What is wrong and where, without anything that the file holds.</param>
internal sealed class PickleException(string message) : Exception(message);
