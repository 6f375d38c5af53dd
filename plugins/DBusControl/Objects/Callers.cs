using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>Knows who the callers are, and carries out their commands. Used in the connection's turns alone.</summary>
/// <param name="connection">Asks the bus.</param>
/// <param name="clients">The clients.</param>
/// <param name="time">The clock.</param>
internal sealed class Callers(BusConnection connection, ClientTable clients, TimeProvider time)
{
    /// <summary>The user behind each unique name; a bus gives none twice. Names that the bus did not tell of are not here.</summary>
    private readonly Dictionary<string, CommandSource> _known = new(StringComparer.Ordinal);

    /// <summary>Carries out a command of a caller.</summary>
    /// <exception cref="CallException">It is in force, but not saved, or not everything that it was to end has ended.</exception>
    public async Task CarryOutAsync(BusCall call, Func<CommandSource, Task<CommandResult>> command)
    {
        CommandResult result = await BeginAsync(call.Sender, command).ConfigureAwait(false);
        if (!result.IsDurable)
        {
            throw new CallException(Names.NotSavedError, result.Problem!);
        }
    }

    /// <summary>Carries out a command about the client that has a path as the bus was told, and about no other that has it, and its name, by then.</summary>
    /// <exception cref="CallException">
    /// There is no such client, or it is gone. Or as in <see cref="CarryOutAsync(BusCall, Func{CommandSource, Task{CommandResult}})"/>.
    /// </exception>
    public async Task CarryOutAsync(BusCall call, string path, Func<ClientReference, CommandSource, Task<CommandResult>> command)
    {
        ClientReference client = clients.TryGet(path, out ClientSnapshot? known) ? known : throw CallException.UnknownObject(path);
        try
        {
            await CarryOutAsync(call, source => command(client, source)).ConfigureAwait(false);
        }
        catch (UnknownClientException)
        {
            throw CallException.ObjectGone(path);
        }
    }

    /// <summary>Carries out a command of a caller for many clients.</summary>
    public Task<IReadOnlyList<ClientProblem>> CarryOutAsync(BusCall call, Func<CommandSource, Task<IReadOnlyList<ClientProblem>>> command)
        => BeginAsync(call.Sender, command);

    /// <summary>Carries out something of a caller that has no result beside what it does.</summary>
    public Task<T> CarryOutAsync<T>(BusCall call, Func<CommandSource, Task<T>> command) => BeginAsync(call.Sender, command);

    private Task<T> BeginAsync<T>(string? caller, Func<CommandSource, Task<T>> command)
        => caller is null ? command(new CommandSource(Names.Surface)) // not over a bus
            : _known.TryGetValue(caller, out CommandSource? source) ? command(source)
            : AskAndBeginAsync(caller, command);

    /// <summary>Asks the bus who the caller is, then carries out the command in a turn of the connection.</summary>
    private async Task<T> AskAndBeginAsync<T>(string caller, Func<CommandSource, Task<T>> command)
    {
        uint? user = await AskAsync(caller).ConfigureAwait(false);
        var begun = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!connection.Post(() => begun.SetResult(RunAsync(command, Note(caller, user)))))
        {
            throw new DBusConnectionClosedException("the connection is closed");
        }

        return await (await begun.Task.ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>An exception that the command throws at once also becomes the task's.</summary>
    private static async Task<T> RunAsync<T>(Func<CommandSource, Task<T>> command, CommandSource source)
        => await command(source).ConfigureAwait(false);

    private CommandSource Note(string caller, uint? user)
    {
        var source = new CommandSource(Names.Surface) { Address = caller, User = user is { } id ? $"uid {id}" : null, MayReadSecrets = user == 0 || user == BusOptions.OwnUser };
        if (user is null)
        {
            return source; // the next command may find the bus less busy
        }

        if (_known.Count == DBusLimits.KnownCallers)
        {
            _known.Clear();
        }

        _known[caller] = source;
        return source;
    }

    /// <returns>The caller's user; null if it is gone, or the bus is slow.</returns>
    private async Task<uint?> AskAsync(string caller)
    {
        try
        {
            using var limit = new CancellationTokenSource(DBusLimits.CallerTime, time);
            return await connection.GetUserAsync(caller, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DBusExceptionBase or OperationCanceledException)
        {
            return null;
        }
    }
}
