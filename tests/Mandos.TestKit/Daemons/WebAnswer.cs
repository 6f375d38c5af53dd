using System.Text;

namespace Mandos.TestKit.Daemons;

/// <summary>An answer.</summary>
public sealed record WebAnswer(int Status, string Body = "", params string[] Headers)
{
    public byte[] ToBytes()
    {
        byte[] body = Encoding.UTF8.GetBytes(Body);
        string head = string.Join("\r\n", [$"HTTP/1.1 {Status} Whatever", $"Content-Length: {body.Length}", .. Headers]);
        return [.. Encoding.ASCII.GetBytes(head + "\r\n\r\n"), .. body];
    }
}
