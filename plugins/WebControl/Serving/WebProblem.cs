using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Serving;

/// <summary>A request is not answered as it wishes.</summary>
/// <param name="status">The status of the answer.</param>
/// <param name="code">The same for programs: one of those in the OpenAPI document.</param>
/// <param name="message">One line for people; no secret.</param>
internal sealed class WebProblem(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public static WebProblem BadValue(string message) => new(StatusCodes.Status400BadRequest, "bad_value", message);

    public static WebProblem NotFound(string message = "there is nothing at this address") => new(StatusCodes.Status404NotFound, "not_found", message);

    public static WebProblem UnknownClient(string message) => new(StatusCodes.Status404NotFound, "unknown_client", message);

    public static WebProblem NotAllowed(string message) => new(StatusCodes.Status403Forbidden, "not_allowed", message);

    public static WebProblem SignIn(string message) => new(StatusCodes.Status401Unauthorized, "not_allowed", message);

    public static WebProblem TooLarge(long most)
        => new(StatusCodes.Status413PayloadTooLarge, "too_large", $"the body is longer than {most} bytes, the most allowed here");

    public static WebProblem WrongType(string right)
        => new(StatusCodes.Status415UnsupportedMediaType, "wrong_type", $"the body has to be {right}, which its Content-Type has to say");

    public static WebProblem TooMany(string message) => new(StatusCodes.Status429TooManyRequests, "too_many", message);
}
