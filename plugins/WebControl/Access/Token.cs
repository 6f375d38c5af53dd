using System.Security.Cryptography;
using System.Text;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Access;

/// <summary>What is kept of a token: not the token, which has 256 random bits, so that a hash of it tells nothing.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Scope">What its holder may do.</param>
/// <param name="Created">When it was made, UTC.</param>
/// <param name="Hash">SHA-256 of the token.</param>
internal sealed record Token(string Name, Scope Scope, DateTimeOffset Created, byte[] Hash)
{
    private const string Prefix = "mandos_"; // so that people, and programs that look for secrets where none should be, know it

    private const int RandomBytes = 32;

    /// <summary>A text like a password, to be given away once.</summary>
    public static string MakeText()
        => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(RandomBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>The hash of a text.</summary>
    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
