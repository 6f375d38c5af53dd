namespace Mandos.Host.Plugins.Discovery;

/// <summary>One thing that a plugin exports, as its metadata says.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">The name by which configuration refers to it.</param>
/// <param name="TypeName">The class that implements it, in the form that <see cref="System.Reflection.Assembly.GetType(string)"/> takes.</param>
internal sealed record ExportDescription(PluginKind Kind, string Name, string TypeName)
{
    /// <summary>Names of the settings that it takes from <c>plugins.yaml</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Names of the options of clients that it takes, if it is a checker that declares them.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Whether it is used only where it is chosen by name.</summary>
    public bool OnlyIfChosen { get; init; }

    /// <summary>Whether configuration could not tell the two apart.</summary>
    public bool IsNamesakeOf(ExportDescription other) => Kind == other.Kind && Name == other.Name;
}
