namespace Mandos.Engine.Tests.Model;

/// <summary>Engine and model have come apart.</summary>
public sealed class ModelMismatchException(string message, Exception innerException) : Exception(message, innerException);
