using System.Net.Sockets;
using System.Text;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>What systemd gives a service to tell how it is (sd_notify(3)).</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-notify-");
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly List<string> _messages = [];
    private readonly string _path;

    public NotifySocket()
    {
        _directory.UnixFileMode |= UnixFileMode.OtherExecute;
        _path = Path.Combine(_directory.FullName, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(_path));
        File.SetUnixFileMode(_path, (UnixFileMode)0b110_110_110);
    }

    /// <summary>What the service has to have in its environment.</summary>
    public string Variable => $"NOTIFY_SOCKET={_path}";

    /// <summary>All that was told so far.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            var buffer = new byte[10_000];
            while (_manager.Available > 0)
            {
                _messages.Add(Encoding.UTF8.GetString(buffer, 0, _manager.Receive(buffer)));
            }

            return _messages;
        }
    }

    /// <summary>Waits for a message.</summary>
    /// <param name="text">Part of it.</param>
    /// <returns>The first such one.</returns>
    public async Task<string> WaitForAsync(string text)
    {
        await Patience.UntilAsync($"systemd hears “{text}”", () => Messages.Any(Contains));
        return Messages.First(Contains);

        bool Contains(string message) => message.Contains(text, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _manager.Dispose();
        _directory.Delete(recursive: true);
    }
}
