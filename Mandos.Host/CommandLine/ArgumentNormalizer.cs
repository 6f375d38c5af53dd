using System.CommandLine;
using Mandos.Host.Configuration;

namespace Mandos.Host.CommandLine;

/// <summary>
/// Writes every argument as <c>--option</c> or <c>--option=value</c> with the option's full name, as Python's
/// <c>argparse</c> understands arguments and System.CommandLine does not: <c>--fore</c>, <c>-p1234</c>, <c>-hv</c>.
/// </summary>
/// <param name="options">The options there are.</param>
/// <param name="own">Those that do not count where an abbreviation is another one's too.</param>
internal sealed class ArgumentNormalizer(IEnumerable<Option> options, IReadOnlyList<Option> own)
{
    private readonly Option[] _options = [.. options];

    /// <summary>Normalizes arguments.</summary>
    /// <param name="arguments">As the user gave them.</param>
    /// <param name="normalized">In full form; whatever was understood, where there is an error.</param>
    /// <returns>What is wrong with the first bad argument, or null.</returns>
    public string? Normalize(IReadOnlyList<string> arguments, out List<string> normalized)
    {
        normalized = [];
        Queue<string> rest = new(arguments);
        while (rest.TryDequeue(out string? argument))
        {
            string? fault = argument.StartsWith("--", StringComparison.Ordinal) && argument.Length > 2
                ? NormalizeLong(argument, rest, normalized)
                : argument.StartsWith('-') && argument.Length > 1 && argument != "--"
                    ? NormalizeShort(argument, rest, normalized)
                    : Unrecognized(argument);
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private string? NormalizeLong(string argument, Queue<string> rest, List<string> normalized)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? argument : argument[..equals];
        Option[] candidates = [.. _options.Where(option => option.Name.StartsWith(name, StringComparison.Ordinal))];
        Option[] debians = [.. candidates.Except(own)];
        Option? found = candidates.FirstOrDefault(option => option.Name == name)
            ?? (candidates.Length == 1 ? candidates[0] : debians.Length == 1 ? debians[0] : null);
        return found is not null ? Add(found, equals < 0 ? null : argument[(equals + 1)..], rest, normalized)
            : candidates.Length == 0 ? Unrecognized(argument)
            : $"ambiguous option: {name} could match {string.Join(", ", candidates.Select(option => option.Name))}";
    }

    /// <summary>One or more letters: switches, and last perhaps an option whose value follows at once.</summary>
    private string? NormalizeShort(string argument, Queue<string> rest, List<string> normalized)
    {
        for (int i = 1; i < argument.Length; i++)
        {
            string name = $"-{argument[i]}";
            Option? found = _options.FirstOrDefault(option => option.Aliases.Contains(name));
            if (found is null)
            {
                return Unrecognized(argument);
            }

            string attached = argument[(i + 1)..];
            if (TakesValue(found))
            {
                // As argparse does: -p=1 is -p1
                string? value = attached.Length == 0 ? null : attached[0] == '=' ? attached[1..] : attached;
                return Add(found, value, rest, normalized);
            }

            normalized.Add(found.Name);
        }

        return null;
    }

    private static string? Add(Option option, string? value, Queue<string> rest, List<string> normalized)
    {
        if (!TakesValue(option))
        {
            normalized.Add(option.Name);
            return value is null ? null : $"option {option.Name} takes no value";
        }

        if (value is null)
        {
            if (!rest.TryPeek(out value) || IsOption(value))
            {
                return $"option {option.Name} needs a value: {option.Name} {option.HelpName}";
            }

            rest.Dequeue();
        }

        // System.CommandLine sees no value in --option=, and none in --option --value
        normalized.AddRange(value.Length == 0 ? [option.Name, value] : [$"{option.Name}={value}"]);
        return null;
    }

    private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0;

    /// <summary>Whether an argument cannot be the value of the option before it. A negative number and a dash can.</summary>
    private static bool IsOption(string argument) => argument.Length > 1 && argument[0] == '-' && !char.IsAsciiDigit(argument[1]);

    private static string Unrecognized(string argument) => $"unrecognized argument: {OptionValues.Show(argument)}";
}
