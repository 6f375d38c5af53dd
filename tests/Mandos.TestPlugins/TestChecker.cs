using System.Composition;
using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;

namespace Mandos.TestPlugins;

/// <summary>
/// A checker whose result stands in the file that the client's option <c>test_result_file</c> names: an exit code; <c>signal N</c>;
/// <c>error TEXT</c>; or <c>wait</c>, which runs until the file says something else. Its setting <c>test_description</c> is what logs show
/// of it.
/// </summary>
[ExportChecker("test-checker", Settings = [DescriptionSetting], Options = [FileOption])]
public sealed class TestChecker : IChecker
{
    private const string DescriptionSetting = "test_description";
    private const string FileOption = "test_result_file";

    private readonly TimeProvider _timeProvider;
    private readonly string _description;

    [ImportingConstructor]
    public TestChecker(IPluginContext context)
    {
        _timeProvider = context.TimeProvider;
        _description = context.Settings.GetValueOrDefault(DescriptionSetting, "test-checker");
        if (_description.Length == 0)
        {
            throw new PluginSettingException(DescriptionSetting, "is empty; give a text");
        }
    }

    public IReadOnlyList<OptionProblem> Validate(ClientSettings settings)
        => !settings.Options.TryGetValue(FileOption, out var file) ? [new(FileOption, "is missing; name a file")]
            : !Path.IsPathRooted(file) ? [new(FileOption, "is no absolute path")]
            : [];

    public ICheck Prepare(ClientSnapshot client) => client.Settings.Options.TryGetValue(FileOption, out var file)
        ? new Check(_description, file, _timeProvider)
        : throw new CheckPreparationException($"the client needs the option {FileOption}");

    private sealed class Check(string description, string file, TimeProvider timeProvider) : ICheck
    {
        private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);

        public string Description => $"{description} {file}";

        public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var words = await ReadAsync(cancellationToken);
                switch (words)
                {
                    case ["wait", ..]:
                        await Task.Delay(_pollInterval, timeProvider, cancellationToken);
                        break;
                    case ["signal", var number]:
                        return CheckResult.Signaled(int.Parse(number, CultureInfo.InvariantCulture));
                    case ["error", var text]:
                        return CheckResult.Failed(text);
                    default:
                        return CheckResult.Exited(int.Parse(words[0], CultureInfo.InvariantCulture));
                }
            }
        }

        private async Task<string[]> ReadAsync(CancellationToken cancellationToken)
        {
            var text = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();

            // A file that is just being written may be empty for a moment.
            return text.Length == 0 ? ["wait"] : text.Split(' ', 2);
        }
    }
}
