using Mandos.DBus.Serving;
using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>What others send: calls of our objects, and signals.</summary>
public sealed partial class DBusConnection
{
    private const string PeerInterface = "org.freedesktop.DBus.Peer";
    private const string IntrospectableInterface = "org.freedesktop.DBus.Introspectable";

    private const string EmptyNode =
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n" +
        "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n<node/>\n";

    private static readonly string[] _machineIdFiles = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

    private readonly PathHandlers _handlers = new();

    /// <summary>Exchanged, within the lock, never changed.</summary>
    private volatile Subscription[] _subscriptions = [];
    private int _runningRequests;

    /// <summary>Lets a handler answer calls to its path, or to its tree.</summary>
    /// <exception cref="ArgumentException">The path is not valid, or has a handler already.</exception>
    public void AddMethodHandler(IPathMethodHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        string path = handler.Path;
        if (!Names.IsPath(path) || !_handlers.TryAdd(path, handler))
        {
            throw new ArgumentException("The path is not valid, or has a handler already.", nameof(handler));
        }
    }

    /// <summary>Takes the handler of a path away, if there is one.</summary>
    public void RemoveMethodHandler(string path) => _handlers.Remove(path);

    /// <summary>Subscribes to signals; disposing of the result ends that.</summary>
    /// <exception cref="DBusErrorReplyException">The bus does not like the rule, or did not answer.</exception>
    /// <exception cref="DBusConnectionClosedException">The connection is gone.</exception>
    public async ValueTask<IDisposable> AddMatchAsync(
        MatchRule rule,
        MessageHandler handler,
        object? handlerState = null,
        CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(handler);
        Subscription subscription = new(this, rule, handler, handlerState);
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }
        try
        {
            await CallBusAsync("AddMatch", "s", writer => writer.WriteString(rule.ToString()), static (_, _) => true, ct)
                .ConfigureAwait(false);
            return subscription;
        }
        catch
        {
            subscription.Dispose();
            throw;
        }
    }

    /// <summary>Ends a subscription.</summary>
    internal void RemoveMatch(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions.Where(other => other != subscription)];
            if (_state != State.Connected)
            {
                return;
            }
        }
        MessageWriter writer = GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(BusName, BusPath, BusName, "RemoveMatch", "s", MessageFlags.NoReplyExpected);
            writer.WriteString(subscription.Rule.ToString());
            TrySendMessage(writer.CreateMessage());
        }
        catch (DBusWriteException)
        {
            // Then it could not be added either.
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void Reply(MethodContext context, string text)
    {
        MessageWriter writer = context.CreateReplyWriter("s");
        writer.WriteString(text);
        context.Reply(writer.CreateMessage());
    }

    private static void ReplyToPeer(MethodContext context)
    {
        switch (context.Member)
        {
            case "Ping":
                context.Reply(context.CreateReplyWriter(null).CreateMessage());
                break;
            case "GetMachineId" when _machineIdFiles.FirstOrDefault(File.Exists) is { } file:
                Reply(context, File.ReadAllText(file).Trim());
                break;
            case "GetMachineId":
                context.ReplyError(DBusErrors.FileNotFound, "this machine has no /etc/machine-id");
                break;
            default:
                context.ReplyError(DBusErrors.UnknownMethod, $"{PeerInterface} has no method {context.Member}");
                break;
        }
    }

    private void DispatchSignal(Message message)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            try
            {
                subscription.Handle(message);
            }
            catch (DBusReadException e)
            {
                // Anybody may send such, so it must not fill the log.
                LogBadSignal(_options.Name, message.Interface!, message.Member!, e.Message);
            }
            catch (Exception e)
            {
                LogSignalFault(_options.Name, message.Interface!, message.Member!, Describe(e));
            }
        }
    }

    private void DispatchRequest(Message message)
    {
        MethodContext context = new(this, message);
        try
        {
            bool isPeer = message.Interface == PeerInterface
                || (message.Interface == null && message.Member is "Ping" or "GetMachineId");
            if (isPeer)
            {
                ReplyToPeer(context);
            }
            else if (_handlers.Find(context.Path) is { } handler)
            {
                CallHandler(handler, context);
            }
            else if (message.Member == "Introspect" && message.Interface is null or IntrospectableInterface)
            {
                Reply(context, EmptyNode);
            }
            else
            {
                context.ReplyError(DBusErrors.UnknownObject, $"there is no object {context.Path}");
            }
        }
        catch (Exception e)
        {
            ReplyFault(context, e);
        }
    }

    private void CallHandler(IPathMethodHandler handler, MethodContext context)
    {
        if (Volatile.Read(ref _runningRequests) >= _options.MaxPendingRequests)
        {
            context.ReplyError(DBusErrors.LimitsExceeded, "too many calls are being answered already");
            return;
        }
        ValueTask task = handler.HandleMethodAsync(context);
        if (task.IsCompleted)
        {
            task.GetAwaiter().GetResult();
        }
        else
        {
            Interlocked.Increment(ref _runningRequests);
            _ = FinishAsync(task, context);
        }
    }

    private async Task FinishAsync(ValueTask task, MethodContext context)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            ReplyFault(context, e);
        }
        finally
        {
            Interlocked.Decrement(ref _runningRequests);
        }
    }

    /// <summary>Answers for a handler that failed.</summary>
    private void ReplyFault(MethodContext context, Exception fault)
    {
        (string name, string text) = fault switch
        {
            DBusReadException => (DBusErrors.InvalidArgs, fault.Message),
            DBusMessageTooLargeException => (DBusErrors.LimitsExceeded, fault.Message),
            DBusErrorReplyException reply => (reply.ErrorName, reply.ErrorMessage),
            _ => (DBusErrors.Failed, "the call failed; the log says why"),
        };
        if (name == DBusErrors.Failed && fault is not DBusErrorReplyException)
        {
            LogRequestFault(_options.Name, context.Interface ?? "", context.Member, Describe(fault));
        }
        try
        {
            context.ReplyError(name, text);
        }
        catch (DBusWriteException)
        {
            context.ReplyError(DBusErrors.Failed, text);
        }
    }
}
