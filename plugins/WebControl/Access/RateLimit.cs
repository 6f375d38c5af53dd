using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Access;

/// <summary>How often each of many may do something: some at once, then some each second. Thread-safe, and of bounded memory.</summary>
/// <param name="burst">How many at once.</param>
/// <param name="perSecond">How many each second after that.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimit(int burst, double perSecond, TimeProvider time)
{
    private const int MostKnown = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (double Left, long At)> _known = new(StringComparer.Ordinal);

    /// <summary>How often somebody may ask: a page with all that belongs to it some times a second, and a person who opens many at once.</summary>
    public static RateLimit OfRequests(TimeProvider time) => new(burst: 200, perSecond: 20, time);

    /// <summary>What is told to who asks too often.</summary>
    public static WebProblem TooManyRequests() => WebProblem.TooMany("too many requests come from your network; try again in a while");

    /// <summary>Takes one if there is one.</summary>
    /// <param name="key">Who.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(string key)
    {
        lock (_lock)
        {
            double left = Left(key);
            _known[key] = (left >= 1 ? left - 1 : left, time.GetTimestamp());
            Forget();
            return left >= 1;
        }
    }

    private double Left(string key) => _known.TryGetValue(key, out (double Left, long At) known)
        ? Math.Min(burst, known.Left + (time.GetElapsedTime(known.At).TotalSeconds * perSecond))
        : burst;

    /// <summary>Forgets those that may do all again; if nobody may, everybody, which costs an attacker that many addresses.</summary>
    private void Forget()
    {
        if (_known.Count <= MostKnown)
        {
            return;
        }

        foreach (string full in _known.Keys.Where(key => Left(key) >= burst).ToArray())
        {
            _known.Remove(full);
        }

        if (_known.Count > MostKnown)
        {
            _known.Clear();
        }
    }
}
