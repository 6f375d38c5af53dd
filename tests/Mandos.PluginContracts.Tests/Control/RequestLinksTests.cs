using System.Buffers.Text;
using Mandos.Abstractions.Control;

namespace Mandos.PluginContracts.Tests.Control;

public sealed class RequestLinksTests
{
    private readonly RequestLinks _links = new();

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(long.MaxValue, true)]
    public void TryRead_TokenThatWasMade_TellsWhatItDoes(long requestId, bool approved)
    {
        string token = _links.Make(requestId, approved);

        Assert.Equal(RequestLinks.TokenLength, token.Length);
        Assert.True(_links.TryRead(token, out long readId, out bool readApproved));
        Assert.Equal((requestId, approved), (readId, readApproved));
    }

    [Fact]
    public void Make_EachRequestAndVerdict_HasATokenOfItsOwnThatAnUrlCanHold()
    {
        string[] tokens = [.. Enumerable.Range(1, 100).SelectMany(id => new[] { _links.Make(id, true), _links.Make(id, false) })];

        Assert.Equal(200, tokens.Distinct().Count());
        Assert.All(tokens, token => Assert.Equal(token, Uri.EscapeDataString(token)));
    }

    [Fact]
    public void TryRead_TokenOfAnotherRun_IsRefused()
        => Assert.False(_links.TryRead(new RequestLinks().Make(1, true), out _, out _));

    [Fact]
    public void TryRead_AnyBitChanged_IsRefused()
    {
        string token = _links.Make(7, false);
        byte[] bytes = Base64Url.DecodeFromChars(token);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] changed = [.. bytes];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(_links.TryRead(Base64Url.EncodeToString(changed), out long requestId, out bool approved), $"bit {bit}");
            Assert.Equal((0, false), (requestId, approved));
        }
    }

    [Fact]
    public void TryRead_OtherTextForTheSameBytes_IsRefused()
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        string token = _links.Make(7, true);

        Assert.Equal(1, alphabet.Count(last => _links.TryRead(token[..^1] + last, out _, out _)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("                                                       ")]
    [InlineData("éééééééééééééééééééééééééééééééééééééééééééééééééééééééé")]
    public void TryRead_NoToken_IsRefused(string? text) => Assert.False(_links.TryRead(text, out _, out _));

    [Fact]
    public void TryRead_TokenWithMoreAroundIt_IsRefused()
    {
        string token = _links.Make(1, true);

        Assert.False(_links.TryRead(token + "=", out _, out _));
        Assert.False(_links.TryRead(" " + token, out _, out _));
        Assert.False(_links.TryRead(token[1..], out _, out _));
    }
}
