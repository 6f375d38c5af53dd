using System.Globalization;
using System.Text;
using Mandos.DBus.Transport;

namespace Mandos.DBus;

public sealed partial class DBusConnection
{
    /// <summary>Connects, authenticates and says hello, all within limits; on the thread.</summary>
    private sealed class Handshake(DBusConnection connection, CancellationToken ct)
    {
        private const int MaxLine = 4096;

        private readonly BusSocket _socket = connection._socket!;
        private CancellationToken _limit;

        public void Run()
        {
            Within(connection._options.ConnectTimeout, "the bus's socket took no connection", Connect);
            Within(connection._options.AuthTimeout, "the bus did not answer", () =>
            {
                Authenticate();
                SayHello();
            });
        }

        private void Within(TimeSpan time, string problem, Action action)
        {
            using CancellationTokenSource limit = new(time, connection._options.TimeProvider);
            using CancellationTokenRegistration wake = limit.Token.UnsafeRegister(_ => connection.Interrupt(), null);
            using CancellationTokenRegistration wakeByCaller = ct.UnsafeRegister(_ => connection.Interrupt(), null);
            _limit = limit.Token;
            try
            {
                action();
            }
            catch (OperationCanceledException e) when (e.CancellationToken == _limit)
            {
                throw new DBusConnectException($"{problem} within {time.TotalSeconds} seconds");
            }
            catch (Exception e) when (e is DBusConnectionClosedException or DBusReadException or DBusErrorReplyException)
            {
                throw new DBusConnectException(e.Message, e);
            }
        }

        private void Check()
        {
            ct.ThrowIfCancellationRequested();
            _limit.ThrowIfCancellationRequested();
            if (connection.IsStopping())
            {
                throw new DBusConnectException("the connection was disposed of while it connected");
            }
        }

        private void Connect()
        {
            const int busyMilliseconds = 20;

            List<string> problems = [];
            foreach (BusAddress address in BusAddress.ParseList(connection._options.Address))
            {
                string? problem = address.Problem;
                while (problem == null)
                {
                    Check();
                    int error = _socket.TryConnect(address.Socket!);
                    if (error == 0)
                    {
                        return;
                    }
                    if (error == Native.EAGAIN)
                    {
                        _socket.Wait(0, busyMilliseconds);
                        continue;
                    }
                    problem = Native.Describe(error);
                }
                problems.Add($"{address.Text}: {problem}");
            }
            throw new DBusConnectException(problems.Count == 0 ? "the bus's address is empty" : string.Join("; ", problems));
        }

        /// <summary>The mechanism EXTERNAL: the bus asks the kernel who we are, and we have to say the same.</summary>
        private void Authenticate()
        {
            string user = Native.geteuid().ToString(CultureInfo.InvariantCulture);
            Send($"\0AUTH EXTERNAL {Convert.ToHexStringLower(Encoding.ASCII.GetBytes(user))}\r\n");
            string answer = ReadLine();
            if (answer.StartsWith("REJECTED", StringComparison.Ordinal))
            {
                throw new DBusConnectException($"the bus refused us as user {user}; it offers:{answer["REJECTED".Length..]}");
            }
            if (answer != "OK" && !answer.StartsWith("OK ", StringComparison.Ordinal))
            {
                throw new DBusConnectException($"the bus answered \"{answer}\" to AUTH EXTERNAL");
            }
            Send("BEGIN\r\n");
        }

        private void SayHello()
        {
            Task<string> hello = connection.CallBusAsync(
                "Hello",
                "",
                static _ => { },
                static (message, _) => message.GetBodyReader().ReadString(),
                CancellationToken.None);
            while (!hello.IsCompleted)
            {
                Check();
                connection.DispatchAndSend();
                if (!hello.IsCompleted)
                {
                    connection.ReadWhenReady();
                }
            }
            connection._uniqueName = hello.GetAwaiter().GetResult();
            lock (connection._gate)
            {
                connection._state = State.Connected;
            }
        }

        private void Send(string text)
        {
            ReadOnlySpan<byte> rest = Encoding.ASCII.GetBytes(text);
            while (true)
            {
                Check();
                rest = rest[_socket.Send(rest)..];
                if (rest.Length == 0)
                {
                    return;
                }
                _socket.Wait(Native.POLLOUT, Timeout.Infinite);
            }
        }

        private string ReadLine()
        {
            ReceiveBuffer buffer = connection._receiving;
            while (true)
            {
                Check();
                int end = buffer.Received.IndexOf("\r\n"u8);
                if (end >= 0)
                {
                    string line = Encoding.ASCII.GetString(buffer.Received[..end]);
                    buffer.Remove(end + 2);
                    // It may be logged, so without what could deceive a reader of the log.
                    return string.Concat(line.Where(c => c is >= ' ' and < '\x7f'));
                }
                if (buffer.Received.Length > MaxLine)
                {
                    throw new DBusConnectException("the bus sent an endless line while we authenticated");
                }
                _socket.Wait(Native.POLLIN, Timeout.Infinite);
                buffer.Add(_socket.Receive(buffer.GetRoom()));
            }
        }
    }
}
