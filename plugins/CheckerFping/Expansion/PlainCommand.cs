namespace Mandos.CheckerFping.Expansion;

/// <summary>Commands in which a shell would find nothing but a program and its arguments.</summary>
internal static class PlainCommand
{
    /// <summary>What begins a command of a shell and is no program: the words of dash(1) and bash(1) that are plain.</summary>
    private static readonly HashSet<string> _words =
    [
        ".", ":", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "chdir", "command", "compgen", "complete", "compopt", "continue",
        "coproc", "declare", "dirs", "disown", "do", "done", "echo", "elif", "else", "enable", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg",
        "fi", "for", "function", "getopts", "hash", "help", "history", "if", "in", "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf",
        "pushd", "pwd", "read", "readarray", "readonly", "return", "select", "set", "shift", "shopt", "source", "suspend", "test", "then", "time", "times",
        "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while",
    ];

    /// <summary>The program and its arguments.</summary>
    /// <param name="command">A command for the shell.</param>
    /// <returns>Null if only a shell can run it, or if it means more there.</returns>
    public static string[]? Words(string command)
    {
        if (command.AsSpan().ContainsAnyExcept(ShellWord.PlainOrSpace))
        {
            return null;
        }

        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var program, ..] && !_words.Contains(program) && program.AsSpan().IndexOfAny("=%") < 0 ? words : null;
    }
}
