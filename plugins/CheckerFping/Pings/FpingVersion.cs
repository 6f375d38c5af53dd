using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Mandos.CheckerFping.Processes;

namespace Mandos.CheckerFping.Pings;

/// <summary>Finds out whether fping is one that can serve many checks at once.</summary>
/// <param name="program">The program.</param>
/// <param name="time">Gives the time.</param>
/// <param name="programs">Runs it.</param>
internal sealed partial class FpingVersion(string program, TimeProvider time, IPrograms programs)
{
    /// <summary>The first that writes each line at once, into a pipe too.</summary>
    private static readonly Version _least = new(4, 3);

    private readonly Lock _lock = new();
    private Task<string?>? _fault;

    /// <summary>Asks fping for its version, unless it has been asked.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public Task<string?> FindFaultAsync()
    {
        lock (_lock)
        {
            return _fault ??= AskAsync();
        }
    }

    /// <summary>Has it be asked again.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _fault = null;
        }
    }

    private async Task<string?> AskAsync()
    {
        var output = new StringBuilder();
        using var limit = new CancellationTokenSource(PingLimits.Version, time);
        try
        {
            ChildExit exit = await programs.RunAsync([program, "--version"], Read, limit.Token).ConfigureAwait(false);
            return exit.Group == 0 ? exit.Result.Error
                : Number().Match(output.ToString()) is { Success: true } match
                    && Version.TryParse(match.Groups[1].ValueSpan, out Version? version)
                        ? version >= _least ? null : string.Create(CultureInfo.InvariantCulture, $"it is version {version}, and {_least} or later is needed")
                    : "it does not tell its version";
        }
        catch (OperationCanceledException)
        {
            return "it does not tell its version in time";
        }

        void Read(ReadOnlySpan<byte> bytes)
        {
            if (output.Length < PingLimits.Line)
            {
                output.Append(Encoding.ASCII.GetString(bytes));
            }
        }
    }

    [GeneratedRegex(@"Version ([0-9]{1,6}\.[0-9]{1,6})", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
