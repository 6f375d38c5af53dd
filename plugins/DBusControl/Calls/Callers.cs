using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Calls;

/// <summary>Knows who the callers are, and carries out their commands. Used on the connection's thread alone.</summary>
/// <param name="connection">Asks the bus.</param>
/// <param name="time">The clock.</param>
internal sealed class Callers(BusConnection connection, TimeProvider time)
{
    /// <summary>Who is behind each unique name; a bus gives none twice.</summary>
    private readonly Dictionary<string, Task<CommandSource>> _known = new(StringComparer.Ordinal);

    /// <summary>Carries out a command of a caller.</summary>
    /// <exception cref="CallException">It is in force, but not saved, or not everything that it was to end has ended.</exception>
    public async Task CarryOutAsync(BusCall call, Func<CommandSource, Task<CommandResult>> command)
    {
        CommandSource source = await FindAsync(call.Sender).ConfigureAwait(false);
        CommandResult result = await command(source).ConfigureAwait(false);
        if (!result.IsDurable)
        {
            throw new CallException(Names.NotSavedError, result.Problem!);
        }
    }

    private Task<CommandSource> FindAsync(string? caller)
    {
        var unknown = new CommandSource(Names.Surface) { Address = caller };
        if (caller is null)
        {
            return Task.FromResult(unknown); // not over a bus
        }

        if (!_known.TryGetValue(caller, out Task<CommandSource>? source))
        {
            if (_known.Count == DBusLimits.KnownCallers)
            {
                _known.Clear();
            }

            _known.Add(caller, source = AskAsync(caller, unknown));
        }

        return source;
    }

    private async Task<CommandSource> AskAsync(string caller, CommandSource unknown)
    {
        try
        {
            using var limit = new CancellationTokenSource(DBusLimits.CallerTime, time);
            return unknown with { User = $"uid {await connection.GetUserAsync(caller, limit.Token).ConfigureAwait(false)}" };
        }
        catch (Exception e) when (e is DBusExceptionBase or OperationCanceledException)
        {
            return unknown; // it is gone, or the bus is slow
        }
    }
}
