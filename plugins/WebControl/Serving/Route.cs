namespace Mandos.WebControl.Serving;

/// <summary>A kind of address, and what answers there.</summary>
/// <param name="Method">GET, which also answers HEAD and changes nothing; or POST.</param>
/// <param name="Template">The path; a part such as <c>{name}</c> stands for any one part.</param>
/// <param name="Scope">Who may.</param>
/// <param name="AnswerAsync">Answers. It may throw <see cref="WebProblem"/> and what commands throw, before it has begun to.</param>
internal sealed record Route(string Method, string Template, Scope Scope, Func<WebCall, Task> AnswerAsync)
{
    /// <summary>Whether the answer is for people, so that a mistake is told on a page.</summary>
    public bool IsPage { get; init; }

    /// <summary>The parts of the template.</summary>
    public string[] Parts { get; } = Template.Split('/')[1..];

    /// <summary>Compares a path with the template.</summary>
    /// <param name="path">The decoded parts of the path.</param>
    /// <returns>The values of the variables; null if it is another path.</returns>
    public Dictionary<string, string>? Match(IReadOnlyList<string> path)
    {
        if (path.Count != Parts.Length)
        {
            return null;
        }

        Dictionary<string, string> values = new(StringComparer.Ordinal);
        for (int i = 0; i < path.Count; i++)
        {
            if (Parts[i] is ['{', .. var variable, '}'])
            {
                values[variable] = path[i];
            }
            else if (Parts[i] != path[i])
            {
                return null;
            }
        }

        return values;
    }
}
