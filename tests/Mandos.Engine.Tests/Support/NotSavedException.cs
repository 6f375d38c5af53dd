namespace Mandos.Engine.Tests.Support;

/// <summary>A command is in force, but its result says that it is not saved: no test is to pass that over.</summary>
internal sealed class NotSavedException(string problem) : Exception(problem);
