using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Mandos.Host.Configuration;

namespace Mandos.Host.Tests.Configuration;

/// <summary>Random files, read by Python's configparser and by ours.</summary>
public sealed class ConfigDocumentPythonTests
{
    private const string Python = "/usr/bin/python3";
    private const int Files = 30_000;

    [Fact]
    public async Task AddText_RandomFiles_AgreesWithPython()
    {
        int seed = Random.Shared.Next();
        RandomConfigFile generator = new(new Random(seed));
        List<byte[]> files = [.. Enumerable.Range(0, Files).Select(_ => generator.Next())];
        List<string> answers = await AskPython(files);

        Assert.Equal(files.Count, answers.Count);
        int withoutError = 0;
        for (int i = 0; i < files.Count; i++)
        {
            using JsonDocument answer = JsonDocument.Parse(answers[i]);
            string? difference = Compare(files[i], answer.RootElement);
            string shown = JsonSerializer.Serialize(Encoding.UTF8.GetString(files[i]));
            Assert.True(difference is null, $"seed {seed}, file {i}: {difference}\nfile: {shown}\nPython: {answers[i]}");
            withoutError += answer.RootElement.TryGetProperty("sections", out _) ? 1 : 0;
        }

        // The comparison is worth something only if it sees many files of either kind
        Assert.InRange(withoutError, Files / 10, Files * 9 / 10);
    }

    private static async Task<List<string>> AskPython(List<byte[]> files)
    {
        string input = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(input, files.Select(Convert.ToBase64String), TestContext.Current.CancellationToken);
            string script = Path.Combine(AppContext.BaseDirectory, "Configuration", "configparser_oracle.py");
            ProcessStartInfo start = new(Python, [script, input]) { RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            List<string> lines = [];
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is string line)
            {
                lines.Add(line);
            }

            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return lines;
        }
        finally
        {
            File.Delete(input);
        }
    }

    private static string? Compare(byte[] file, JsonElement python)
    {
        ProblemList problems = new();
        ProblemList warnings = new();
        using ConfigDocument document = new(problems, warnings: warnings);
        document.AddText("file", file);
        if (python.TryGetProperty("error", out JsonElement error) && (warnings.Problems.Count > 0 || problems.Problems.Any(IsBadHeader)))
        {
            // What Python cannot take, ours passes over; and below a bad header it takes nothing for the section before.
            return null;
        }

        return error.ValueKind != JsonValueKind.Undefined
            ? CompareErrors([.. problems.Problems.Select(problem => (problem.Line, Kind(problem)))], error.GetString()!, python)
            : problems.Problems.Count > 0 ? $"ours alone has {problems.Problems[0]}"
            : CompareSections(document, problems, python.GetProperty("sections"));
    }

    private static bool IsBadHeader(ConfigProblem problem) => problem.Message.StartsWith("is no section", StringComparison.Ordinal);

    private static string? CompareErrors(List<(int Line, string Kind)> ours, string kind, JsonElement python)
    {
        List<int> lines = [.. python.GetProperty("lines").EnumerateArray().Select(line => line.GetInt32())];
        string found = string.Join(", ", ours);
        if (kind == "unicode")
        {
            return ours.Any(problem => problem.Kind is "unicode" or "header") ? null : $"ours: {found}";
        }

        // Python stopped before it came to them
        ours.RemoveAll(problem => problem.Kind == "unicode");
        switch (kind)
        {
            case "syntax":
                // These alone Python gathers up to the end
                return ours.Select(problem => problem.Line).SequenceEqual(lines) && ours.All(problem => problem.Kind == "syntax")
                    ? null : $"ours: {found}";
            case "option" when python.GetProperty("nameless").GetBoolean():
                return ours.Contains((lines[0], "syntax"))
                    && ours.All(problem => problem.Kind == "syntax" || problem.Line > lines[0]) ? null : $"ours: {found}";
            default:
                return ours.Find(problem => problem.Kind != "syntax") == (lines[0], kind) ? null : $"ours: {found}";
        }
    }

    private static string? CompareSections(ConfigDocument document, ProblemList problems, JsonElement python)
    {
        List<ConfigSection> sections = [document.Defaults, .. document.Sections];
        List<string> expected = [.. python.EnumerateObject().Select(section => section.Name)];
        if (!sections.Select(section => section.Name).SequenceEqual(expected))
        {
            return $"our sections: {string.Join(", ", sections)}";
        }

        foreach (ConfigSection section in sections)
        {
            Dictionary<string, ConfigOption> options = [];
            foreach (ConfigOption option in document.OptionsOf(document.Defaults))
            {
                options[option.Name.Text] = option;
            }

            foreach (ConfigOption option in document.OptionsOf(section))
            {
                options[option.Name.Text] = option;
            }

            JsonElement pythons = python.GetProperty(section.Name);
            if (!options.Keys.Order(StringComparer.Ordinal).SequenceEqual(
                pythons.EnumerateObject().Select(option => option.Name).Order(StringComparer.Ordinal)))
            {
                return $"our options of {section}: {string.Join(", ", options.Keys)}";
            }

            foreach ((string name, ConfigOption option) in options)
            {
                bool isRead = document.TryRead(section, option, out ReadOnlySpan<byte> value);
                string ours = isRead ? "=" + Encoding.UTF8.GetString(value) : InterpolationKind(problems);
                JsonElement answer = pythons.GetProperty(name);
                string? theirs = answer.TryGetProperty("value", out JsonElement text)
                    ? "=" + text.GetString()
                    : answer.GetProperty("error").GetString();
                if (ours != theirs)
                {
                    return $"{section} {name}: ours {ours}";
                }
            }
        }

        return null;
    }

    private static string Kind(ConfigProblem problem) => problem.Message switch
    {
        string m when m.Contains("byte order mark") || m.Contains("before any section") => "header",
        string m when m.StartsWith("section ") => "section",
        string m when m.StartsWith("option ") && m.Contains("set twice") => "option",
        string m when m.Contains("no option name") || m.StartsWith("is neither [section]") => "syntax",
        string m when m.Contains("UTF-8") => "unicode",
        _ => problem.Message,
    };

    private static string InterpolationKind(ProblemList problems) => problems.Problems[^1].Message switch
    {
        string m when m.Contains("to options more than") => "depth",
        string m when m.Contains("starts neither") => "syntax",
        string m when m.Contains("refers to %(") => "missing",
        string m => m,
    };
}
