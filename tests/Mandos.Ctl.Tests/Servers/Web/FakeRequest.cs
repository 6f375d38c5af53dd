using System.Text;

namespace Mandos.Ctl.Tests.Servers.Web;

/// <summary>A request that came.</summary>
/// <param name="Line">Its method and target.</param>
/// <param name="Body">Its body.</param>
/// <param name="Head">Its first line and its headers.</param>
/// <param name="Ended">Ends when the server is disposed.</param>
internal sealed record FakeRequest(string Line, byte[] Body, IReadOnlyList<string> Head, CancellationToken Ended)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Whether to close the connection after the answer.</summary>
    public bool IsLast { get; set; }
}
