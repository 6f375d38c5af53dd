using System.Buffers;
using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Invitations;

/// <summary>
/// What an invited machine sends within TLS, as far as it has come: the line <c>enrol 1 TOKEN</c>, its section of <c>clients.conf</c>, the line <c>end</c>.
/// </summary>
internal readonly struct InvitedMessage
{
    /// <summary>The most bytes of it.</summary>
    public const int MostBytes = InvitedSection.MostBytes + FirstLineBytes + 8;

    /// <summary>The most bytes of it that are read before the token is known to be good.</summary>
    public const int FirstBytes = 2 * FirstLineBytes;

    private const int FirstLineBytes = 128;
    private const int TokenDigits = 32;

    private static readonly SearchValues<byte> _digits = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>The token; null if it has not come yet.</summary>
    public ReadOnlyMemory<byte>? Token { get; private init; }

    /// <summary>The section, with the newline of its last line; null if its end has not come yet.</summary>
    public ReadOnlyMemory<byte>? Section { get; private init; }

    /// <summary>What is wrong with it, in a line without anything of it; null for nothing.</summary>
    public string? Fault { get; private init; }

    /// <summary>Reads it.</summary>
    /// <param name="received">What has come; the result refers to it.</param>
    public static InvitedMessage Read(ReadOnlyMemory<byte> received)
    {
        ReadOnlySpan<byte> prefix = "enrol 1 "u8;
        ReadOnlySpan<byte> text = received.Span;
        int newline = text[..Math.Min(text.Length, FirstLineBytes)].IndexOf((byte)'\n');
        if (newline < 0)
        {
            return new() { Fault = text.Length >= FirstLineBytes ? "the first line is too long" : null };
        }

        ReadOnlySpan<byte> first = text[..newline].TrimEnd((byte)'\r');
        if (!first.StartsWith(prefix))
        {
            return new() { Fault = "the first line has to be “enrol 1” with a token: paste the command that mandos-ctl --invite prints" };
        }

        ReadOnlyMemory<byte> token = received[prefix.Length..first.Length];
        if (token.Length != TokenDigits || token.Span.ContainsAnyExcept(_digits))
        {
            return new() { Fault = "what is sent as a token is none: paste the whole command that mandos-ctl --invite prints" };
        }

        ReadOnlyMemory<byte> rest = received[(newline + 1)..];
        int end = FindEnd(rest.Span);
        return end >= 0 ? new() { Token = token, Section = rest[..end] }
            : new() { Token = token, Fault = received.Length >= MostBytes ? $"the section has more than {InvitedSection.MostBytes} bytes" : null };
    }

    /// <summary>Where the line <c>end</c> begins; less than 0 if it has not come.</summary>
    private static int FindEnd(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> end = "end"u8;
        for (int start = 0; start < text.Length;)
        {
            int newline = text[start..].IndexOf((byte)'\n');
            if (newline < 0)
            {
                return -1;
            }

            if (text.Slice(start, newline).TrimEnd((byte)'\r').SequenceEqual(end))
            {
                return start;
            }

            start += newline + 1;
        }

        return -1;
    }
}
