using System.Security.Cryptography;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Access;

/// <summary>The tokens that are in force. Thread-safe.</summary>
/// <param name="file">Where they are kept.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenStore(TokenFile file, TimeProvider time)
{
    private const int MostTokens = 100;
    private const int MostNameCharacters = 64;

    private readonly Lock _lock = new();
    private volatile IReadOnlyList<Token> _tokens = file.Read();

    /// <summary>The names of the tokens that were revoked and that the file still has.</summary>
    private readonly HashSet<string> _unsaved = new(StringComparer.Ordinal);

    /// <summary>All of them, in order of their names.</summary>
    public IReadOnlyList<Token> All => [.. _tokens.OrderBy(static token => token.Name, StringComparer.Ordinal)];

    /// <summary>Finds the token of a text, in a time that tells nothing of the others.</summary>
    /// <returns>Null if there is none.</returns>
    public Token? Find(string text)
    {
        byte[] hash = Token.HashOf(text);
        Token? found = null;
        foreach (Token token in _tokens)
        {
            found = CryptographicOperations.FixedTimeEquals(token.Hash, hash) ? token : found;
        }

        return found;
    }

    /// <summary>Whether a token is still in force.</summary>
    public bool Has(Token token) => _tokens.Contains(token);

    /// <summary>Makes a token, which is on disk when this returns.</summary>
    /// <returns>The token's text, which nobody gets again.</returns>
    /// <exception cref="WebProblem">Its name is bad or taken, or there are too many.</exception>
    /// <exception cref="IOException">It cannot be kept.</exception>
    public string Make(string name, Scope scope)
    {
        if (name.Length is 0 or > MostNameCharacters || name.Trim() != name || name.Any(char.IsControl))
        {
            throw WebProblem.BadValue($"the name of a token has to have 1 to {MostNameCharacters} characters, none of them a control character");
        }

        string text = Token.MakeText();
        lock (_lock)
        {
            if (_tokens.Any(token => token.Name == name))
            {
                throw new WebProblem(StatusCodes.Status409Conflict, "token_exists", $"there is a token named “{name}”; revoke it first");
            }

            if (_tokens.Count >= MostTokens)
            {
                throw WebProblem.BadValue($"there are {MostTokens} tokens, the most allowed; revoke some");
            }

            Token[] more = [.. _tokens, new Token(name, scope, time.GetUtcNow(), Token.HashOf(text))];
            Write(more);
            _tokens = more;
        }

        return text;
    }

    /// <summary>Revokes a token. It is not in force any more when this returns, and neither is it after a restart.</summary>
    /// <exception cref="WebProblem">There is none of that name, not even on disk.</exception>
    /// <exception cref="IOException">It is revoked until the server ends, but that is not on disk; whoever revokes it again tries that again.</exception>
    public void Revoke(string name)
    {
        lock (_lock)
        {
            Token[] left = [.. _tokens.Where(token => token.Name != name)];
            if (left.Length == _tokens.Count && !_unsaved.Contains(name))
            {
                throw WebProblem.NotFound($"there is no token named “{name}”");
            }

            _tokens = left;
            _unsaved.Add(name);
            Write(left);
        }
    }

    private void Write(Token[] tokens)
    {
        file.Write(tokens);
        _unsaved.Clear();
    }
}
