namespace Mandos.WebControl.Serving;

/// <summary>Something of which a listener has few, and no single caller may have more than half, so that nobody keeps it from all others. Thread-safe.</summary>
/// <param name="most">How many there are.</param>
/// <param name="what">What they are, for people: <c>streams of events</c>.</param>
internal sealed class Shares(int most, string what)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    /// <summary>Takes one. Dispose what is returned to give it back.</summary>
    /// <param name="caller">For whom.</param>
    /// <exception cref="WebProblem">There is none left, or none for this caller.</exception>
    public IDisposable Take(Caller caller)
    {
        string who = caller.User ?? "";
        lock (_lock)
        {
            int own = _taken.GetValueOrDefault(who);
            if (own >= most / 2)
            {
                throw WebProblem.TooMany($"you have {own} {what}, the most that one may have at once");
            }

            if (_taken.Values.Sum() >= most)
            {
                throw WebProblem.TooMany($"there are {most} {what}, the most at once; try again in a while");
            }

            _taken[who] = own + 1;
        }

        return new Share(this, who);
    }

    private void GiveBack(string who)
    {
        lock (_lock)
        {
            if (--_taken[who] == 0)
            {
                _taken.Remove(who);
            }
        }
    }

    private sealed class Share(Shares shares, string who) : IDisposable
    {
        public void Dispose() => shares.GiveBack(who);
    }
}
