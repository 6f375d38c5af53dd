namespace Mandos.PluginContracts;

/// <summary>Tells a plugin that lacks code, which no second try mends, from one that lacks a bus or a file for now.</summary>
public static class MissingCode
{
    /// <summary>Finds the exception by which the runtime says that an assembly, a library, a type or a member is missing.</summary>
    /// <param name="exception">What a plugin failed with; the one that is sought may be inside of it.</param>
    /// <returns>Null if no code is missing.</returns>
    public static Exception? Find(Exception? exception) => exception switch
    {
        null => null,
        TypeLoadException or MissingMemberException or BadImageFormatException => exception,
        FileNotFoundException { FileName: { } name } when IsAssembly(name) => exception,
        FileLoadException { FileName: { } name } when IsAssembly(name) => exception,
        AggregateException aggregate => aggregate.InnerExceptions.Select(Find).FirstOrDefault(static found => found is not null),
        _ => Find(exception.InnerException),
    };

    /// <summary>Whether it is the full name of an assembly, not of a file.</summary>
    private static bool IsAssembly(string name) => name.Contains(", Version=", StringComparison.Ordinal);
}
