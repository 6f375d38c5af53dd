namespace Mandos.TestKit.Control;

/// <summary>The server refused a command.</summary>
/// <param name="error">What the server said.</param>
/// <param name="exceptionType">Name of the exception's class in the server, for example <c>UnknownClientException</c>.</param>
public sealed class TestControlException(string error, string exceptionType) : Exception(error)
{
    /// <summary>Name of the exception's class in the server, for example <c>UnknownClientException</c>.</summary>
    public string ExceptionType { get; } = exceptionType;
}
