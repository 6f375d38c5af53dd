using System.Security.Cryptography;

namespace Mandos.WebControl.Access;

/// <summary>The browsers that have signed in with a token, until they sign out, the token is revoked, or the surface ends. Thread-safe.</summary>
/// <param name="tokens">The tokens.</param>
/// <param name="time">The clock.</param>
internal sealed class Sessions(TokenStore tokens, TimeProvider time)
{
    /// <summary>With this prefix, browsers keep others from setting the cookie (RFC 6265bis section 4.1.3).</summary>
    public const string CookieName = "__Host-mandos";

    /// <summary>How long a session lasts.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromHours(12);

    private const int Most = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Token Token, long Since)> _sessions = new(StringComparer.Ordinal);

    /// <summary>Begins a session.</summary>
    /// <returns>The value of its cookie.</returns>
    public string Begin(Token token)
    {
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        lock (_lock)
        {
            foreach (string gone in _sessions.Where(session => !IsAlive(session.Value)).Select(static session => session.Key).ToArray())
            {
                _sessions.Remove(gone);
            }

            if (_sessions.Count >= Most)
            {
                _sessions.Remove(_sessions.MinBy(static session => session.Value.Since).Key);
            }

            _sessions[KeyOf(id)] = (token, time.GetTimestamp());
        }

        return id;
    }

    /// <summary>The token by which a session began; null if there is no such session.</summary>
    public Token? Find(string id)
    {
        lock (_lock)
        {
            return _sessions.TryGetValue(KeyOf(id), out (Token Token, long Since) session) && IsAlive(session) ? session.Token : null;
        }
    }

    /// <summary>Ends a session, if there is one.</summary>
    public void End(string id)
    {
        lock (_lock)
        {
            _sessions.Remove(KeyOf(id));
        }
    }

    /// <summary>Looked up by a hash, so that the time that it takes tells nothing.</summary>
    private static string KeyOf(string id) => Convert.ToHexStringLower(Token.HashOf(id));

    private bool IsAlive((Token Token, long Since) session) => time.GetElapsedTime(session.Since) < Length && tokens.Has(session.Token);
}
