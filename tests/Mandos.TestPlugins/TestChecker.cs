using System.Composition;
using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;

namespace Mandos.TestPlugins;

/// <summary>
/// A checker whose result stands in the file that the client's option <c>test_result_file</c> names: an exit code; <c>signal N</c>;
/// <c>error TEXT</c>; or <c>wait</c>, which runs until the file says something else.
/// </summary>
[ExportChecker("test-checker")]
public sealed class TestChecker : IChecker
{
    private readonly TimeProvider _timeProvider;

    [ImportingConstructor]
    public TestChecker(IPluginContext context) => _timeProvider = context.TimeProvider;

    public ICheck Prepare(ClientSnapshot client) => client.Settings.Options.TryGetValue("test_result_file", out var file)
        ? new Check(file, _timeProvider)
        : throw new CheckPreparationException("the client needs the option test_result_file");

    private sealed class Check(string file, TimeProvider timeProvider) : ICheck
    {
        private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

        public string Description => $"test-checker {file}";

        public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var words = await ReadAsync(cancellationToken);
                switch (words)
                {
                    case ["wait", ..]:
                        await Task.Delay(PollInterval, timeProvider, cancellationToken);
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
