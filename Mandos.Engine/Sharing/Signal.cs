namespace Mandos.Engine.Sharing;

/// <summary>A value that changes, and that others wait for. Thread-safe.</summary>
/// <param name="value">The first value.</param>
internal class Signal<T>(T value)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _change = NewChange();
    private T _value = value;

    /// <summary>Sets it.</summary>
    public void Set(T value)
    {
        TaskCompletionSource change;
        lock (_lock)
        {
            if (EqualityComparer<T>.Default.Equals(_value, value))
            {
                return;
            }

            (_value, change, _change) = (value, _change, NewChange());
        }

        change.SetResult();
    }

    /// <summary>The value, and what ends when it is another one.</summary>
    public (T Value, Task Change) Get()
    {
        lock (_lock)
        {
            return (_value, _change.Task);
        }
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
