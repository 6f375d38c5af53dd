// What calls, signals and large replies cost by a private dbus-daemon: DBusCalls [CALLS [SIGNALS [OBJECTS]]]

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mandos.DBus;

int calls = Argument(0, 50_000);
int signals = Argument(1, 100_000);
int objects = Argument(2, 10_000);

string directory = Directory.CreateTempSubdirectory("mandos-bench").FullName;
string address = $"unix:path={directory}/bus";
File.WriteAllText(
    $"{directory}/bus.conf",
    $"""
    <busconfig>
      <listen>{address}</listen>
      <auth>EXTERNAL</auth>
      <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
      <limit name="max_replies_per_connection">50000</limit>
    </busconfig>
    """);
using Process daemon = Process.Start(new ProcessStartInfo(
    "dbus-daemon", [$"--config-file={directory}/bus.conf", "--nofork", "--nosyslog", "--print-address"])
{
    RedirectStandardOutput = true,
    RedirectStandardError = true,
})!;
try
{
    await daemon.StandardOutput.ReadLineAsync();
    await using DBusConnection server = new(new(address) { Name = "server" });
    await using DBusConnection client = new(new(address) { Name = "client" });
    await server.ConnectAsync(CancellationToken.None);
    await client.ConnectAsync(CancellationToken.None);
    server.AddMethodHandler(new Handler(objects));

    await CallAsync(2000, 1);
    await MeasureAsync(server, "call one after another", calls, () => CallAsync(calls, 1));
    await MeasureAsync(server, "call, 50 at once", calls, () => CallAsync(calls, 50));
    await SignalAsync(2000);
    await MeasureAsync(server, "signal", signals, () => SignalAsync(signals));
    int size = Marshal(objects) >> 20;
    await MeasureAsync(server, $"reply of {objects} objects, written only", 1, () => Task.FromResult(Marshal(objects)));
    await MeasureAsync(server, $"reply of {objects} objects, {size} MiB, sent and received", 1, () => client.CallMethodAsync(
        Message(client, server.UniqueName, "GetManagedObjects")));

    Task CallAsync(int count, int atOnce)
    {
        int left = count;
        return Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await client.CallMethodAsync(
                    Message(client, server.UniqueName, "Get"), static (message, _) => message.GetBodyReader().ReadVariantValue());
            }
        }));
    }

    async Task SignalAsync(int count)
    {
        int left = count;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable match = await client.AddMatchAsync(
            new() { Interface = Handler.Interface },
            (_, _) =>
            {
                if (--left == 0)
                {
                    all.SetResult();
                }
            });
        for (int i = 0; i < count; i++)
        {
            MessageWriter writer = server.GetMessageWriter();
            writer.WriteSignalHeader(null, Handler.ObjectPath, Handler.Interface, "Changed", "sv");
            writer.WriteString("LastCheckedOK"u8);
            writer.WriteVariantString("2026-11-23T05:35:01.094310");
            if (!server.TrySendMessage(writer.CreateMessage()))
            {
                throw new InvalidOperationException("a signal could not be queued");
            }
        }

        await all.Task;
    }

    static MessageBuffer Message(DBusConnection connection, string? destination, string member)
    {
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(destination, Handler.ObjectPath, Handler.Interface, member, "ss");
        writer.WriteString("se.recompile.Mandos.Client");
        writer.WriteString("LastCheckedOK");
        return writer.CreateMessage();
    }

    int Marshal(int count)
    {
        MessageWriter writer = server.GetMessageWriter();
        writer.WriteMethodReturnHeader(1, null, Handler.ObjectsSignature);
        Handler.WriteObjects(writer, count);
        using MessageBuffer message = writer.CreateMessage();
        return message.Length;
    }
}
finally
{
    daemon.Kill();
    Directory.Delete(directory, recursive: true);
}

int Argument(int index, int fallback)
    => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : fallback;

// On the connection's thread.
static Task<double> ThreadCpuAsync(DBusConnection connection)
{
    TaskCompletionSource<double> seconds = new(TaskCreationOptions.RunContinuationsAsynchronously);
    connection.Post(_ => seconds.SetResult(Native.Seconds(Native.Thread)), null);
    return seconds.Task;
}

static async Task MeasureAsync(DBusConnection server, string what, int count, Func<Task> run)
{
    double threadBefore = await ThreadCpuAsync(server);
    double before = Native.Seconds(Native.Process);
    long start = Stopwatch.GetTimestamp();
    await run();
    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    double cpu = Native.Seconds(Native.Process) - before;
    double thread = await ThreadCpuAsync(server) - threadBefore;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: {count / seconds:F0}/s, CPU of each {thread / count * 1e6:F1} us on the server's thread, " +
        $"{cpu / count * 1e6:F1} us in the process"));
}

internal sealed class Handler(int objects) : IPathMethodHandler
{
    public const string ObjectPath = "/clients/bench";
    public const string Interface = "bench.Properties";
    public const string ObjectsSignature = "a{oa{sa{sv}}}";

    private const int Properties = 21;

    public string Path => ObjectPath;

    public bool HandlesChildPaths => false;

    public ValueTask HandleMethodAsync(MethodContext context)
    {
        if (context.Member == "Get")
        {
            Reader reader = context.Request.GetBodyReader();
            reader.ReadString();
            reader.ReadString();
            MessageWriter writer = context.CreateReplyWriter("v");
            writer.WriteVariantString("2026-11-23T05:35:01.094310");
            context.Reply(writer.CreateMessage());
        }
        else
        {
            MessageWriter writer = context.CreateReplyWriter(ObjectsSignature);
            WriteObjects(writer, objects);
            context.Reply(writer.CreateMessage());
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>As many properties as clients of Mandos have, in two interfaces.</summary>
    public static void WriteObjects(MessageWriter writer, int count)
    {
        ArrayStart all = writer.WriteDictionaryStart();
        for (int i = 0; i < count; i++)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteObjectPath($"/clients/client_{i}");
            ArrayStart interfaces = writer.WriteDictionaryStart();
            WriteInterface(writer, "se.recompile.Mandos.Client");
            WriteInterface(writer, "se.bsnet.fukt.Mandos.Client");
            writer.WriteDictionaryEnd(interfaces);
        }

        writer.WriteDictionaryEnd(all);
    }

    private static void WriteInterface(MessageWriter writer, string name)
    {
        writer.WriteDictionaryEntryStart();
        writer.WriteString(name);
        ArrayStart properties = writer.WriteDictionaryStart();
        for (int i = 0; i < Properties; i++)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteString("LastCheckedOK"u8);
            if (i % 2 == 0)
            {
                writer.WriteVariantString("2026-11-23T05:35:01.094310");
            }
            else
            {
                writer.WriteVariantUInt64(300_000);
            }
        }

        writer.WriteDictionaryEnd(properties);
    }
}

internal static partial class Native
{
    public const int Process = 0;
    public const int Thread = 1;

    /// <summary>User and system time, by getrusage(2).</summary>
    public static double Seconds(int who)
    {
        // struct rusage begins with two times of seconds and microseconds; it has 144 bytes.
        long[] usage = new long[32];
        _ = getrusage(who, usage);
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, [Out] long[] usage);
}
