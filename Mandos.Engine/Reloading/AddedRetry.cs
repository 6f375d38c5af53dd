using Mandos.Abstractions.Plugins;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Reloading;

/// <summary>
/// Tries again to serve clients that a command added, as long as their secrets cannot be read: the key may be on a disk that comes later, or be
/// restored from a backup. Used on the engine loop alone.
/// </summary>
internal sealed class AddedRetry
{
    private static readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    private readonly EngineServices _services;
    private readonly AddedSecrets _secrets;
    private readonly ClientLoader _loader;
    private readonly Deadline _due;
    private TimeSpan _pause;

    /// <param name="services">What the engine shares.</param>
    /// <param name="secrets">Reads the key.</param>
    /// <param name="loader">Has clients run.</param>
    public AddedRetry(EngineServices services, AddedSecrets secrets, ClientLoader loader)
    {
        (_services, _secrets, _loader) = (services, secrets, loader);
        _due = new Deadline(static state => ((AddedRetry)state).Retry(), this);
    }

    /// <summary>Whether there is another try to come.</summary>
    public bool IsWaiting => _due.Due is not null;

    /// <summary>Does so from now on, if there are such clients, until all are served or forgotten.</summary>
    public void Begin()
    {
        if (_loader.HasUnserved && !_services.IsStopping)
        {
            _pause = _backoff.After(_pause);
            _services.Deadlines.Schedule(_due, _services.Clock.After(_pause));
        }
    }

    private void Retry() => _ = Task.Run(() =>
    {
        string? fault;
        try
        {
            fault = _secrets.ReadKey();
        }
        catch (Exception e)
        {
            // Whatever the fault, the next try may do
            fault = e.Message;
        }

        _services.Loop.Post(() =>
        {
            if (!_services.IsStopping)
            {
                _loader.LoadAdded(fault);
            }

            Begin();
        });
    });
}
