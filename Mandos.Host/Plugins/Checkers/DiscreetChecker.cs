using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Host.Logging;
using Mandos.Host.Plugins.Steering;

namespace Mandos.Host.Plugins.Checkers;

/// <summary>
/// A checker whose exceptions tell neither its settings nor the options of the client, which may be secrets: exceptions often repeat the bad
/// value, and the log shows them. A checker's own messages stay as they are.
/// </summary>
/// <param name="checker">The checker.</param>
/// <param name="hideSettings">Leaves the settings of its plugin out of a text.</param>
internal sealed class DiscreetChecker(IChecker checker, Func<string, string> hideSettings) : IChecker
{
    /// <inheritdoc/>
    public ICheck Prepare(ClientSnapshot client)
    {
        try
        {
            return new Check(this, checker.Prepare(client), client);
        }
        catch (Exception e) when (e is not CheckPreparationException)
        {
            throw Hide(e, client);
        }
    }

    /// <inheritdoc/>
    public bool ProvesIdentity => checker.ProvesIdentity;

    private CheckerFaultException Hide(Exception fault, ClientSnapshot client)
    {
        string summary = LogText.Summarize(fault);
        return new(Hidden(summary), Hidden($"{fault.GetType()}: {summary}\n{fault.StackTrace}"));

        string Hidden(string text) => hideSettings(Redaction.Hide(text, client.Settings.Options.Values));
    }

    private sealed class Check(DiscreetChecker owner, ICheck check, ClientSnapshot client) : ICheck
    {
        public string Description { get; } = check.Description;

        public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await check.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw owner.Hide(e, client);
            }
        }
    }

    /// <summary>What is left of an exception.</summary>
    /// <param name="message">Its message, with that of its causes.</param>
    /// <param name="trace">That and where it was thrown, for debug mode.</param>
    private sealed class CheckerFaultException(string message, string trace) : Exception(message)
    {
        public override string ToString() => trace;
    }
}
