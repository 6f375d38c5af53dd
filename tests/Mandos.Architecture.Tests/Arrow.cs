namespace Mandos.Architecture.Tests;

/// <summary>A type in one folder of a project uses a type in another.</summary>
/// <param name="From">The folder of the type that uses the other; <c>.</c> for the project's own.</param>
/// <param name="To">The folder of the type that is used.</param>
/// <param name="User">The type that uses the other.</param>
/// <param name="Used">The type that is used.</param>
internal sealed record Arrow(string From, string To, string User, string Used);
