using System.CommandLine;
using System.Text;

namespace Mandos.Host.CommandLine;

/// <summary>The usage and help texts, made from the options.</summary>
internal static class HelpText
{
    private const int Width = 79;
    private const int DescriptionColumn = 26;

    /// <summary>A summary of all options.</summary>
    /// <param name="command">The command.</param>
    public static string Usage(Command command)
    {
        string start = $"usage: {command.Name}";
        StringBuilder text = new(start);
        IEnumerable<string> forms = command.Options.Select(option => $"[{Form(option, Short(option) ?? option.Name)}]");
        Wrap(text, forms, start.Length, start.Length + 1);
        return text.Append('\n').ToString();
    }

    /// <summary>The usage, and every option with its meaning and default.</summary>
    /// <param name="command">The command.</param>
    public static string Help(Command command)
    {
        StringBuilder text = new(Usage(command));
        text.Append('\n').Append(command.Description).Append("\n\noptions:\n");
        foreach (Option option in command.Options)
        {
            string names = "  " + (Short(option) is string letter ? $"{letter}, " : "    ") + Form(option, option.Name);
            text.Append(names);
            int column = names.Length;
            if (column + 2 > DescriptionColumn)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(' ', DescriptionColumn - 1 - column);
            Wrap(text, option.Description!.Split(' '), DescriptionColumn - 1, DescriptionColumn);
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string? Short(Option option) => option.Aliases.FirstOrDefault();

    private static string Form(Option option, string name) => option.HelpName is null ? name : $"{name} {option.HelpName}";

    /// <summary>Appends words with a space before each, on as many lines as they need.</summary>
    private static void Wrap(StringBuilder text, IEnumerable<string> words, int column, int indent)
    {
        foreach (string word in words)
        {
            if (column + 1 + word.Length > Width && column >= indent)
            {
                text.Append('\n').Append(' ', indent - 1);
                column = indent - 1;
            }

            text.Append(' ').Append(word);
            column += 1 + word.Length;
        }
    }
}
