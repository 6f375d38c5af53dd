namespace Mandos.Abstractions.Checking;

/// <summary>Something wrong with an option of a client.</summary>
/// <param name="Option">The option's name, such as <c>host</c>, whether the client has it or not.</param>
/// <param name="Message">
/// One line that says what is wrong and what would be right, to be read after the option's name. No secret: options may bear one.
/// </param>
public sealed record OptionProblem(string Option, string Message);
