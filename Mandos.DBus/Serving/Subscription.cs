namespace Mandos.DBus.Serving;

/// <summary>A handler of messages that match a rule; disposing of it ends that.</summary>
internal sealed class Subscription(DBusConnection connection, MatchRule rule, MessageHandler handler, object? state) : IDisposable
{
    private volatile bool _isEnded;
    private int _disposed;

    public MatchRule Rule => rule;

    /// <summary>Runs the handler if the message matches.</summary>
    public void Handle(Message message)
    {
        if (!_isEnded && rule.IsMatch(message))
        {
            handler(message, state);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _isEnded = true;
            connection.RemoveMatch(this);
        }
    }
}
