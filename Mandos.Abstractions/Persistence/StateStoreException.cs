namespace Mandos.Abstractions.Persistence;

/// <summary>A state store cannot do what it was asked.</summary>
/// <param name="message">One line that names the file, says what is wrong and how to go on.</param>
/// <param name="innerException">The cause.</param>
public sealed class StateStoreException(string message, Exception? innerException = null) : Exception(message, innerException);
