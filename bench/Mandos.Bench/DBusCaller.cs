using System.Diagnostics;
using System.Globalization;
using Mandos.Bus;
using Tmds.DBus.Protocol;

namespace Mandos.Bench;

/// <summary>A program that calls the D-Bus interface: a process of its own, so that its cost is not the interface's.</summary>
internal sealed class DBusCaller : IDisposable
{
    /// <summary>What it is called with.</summary>
    public const string Command = "dbus-caller";

    private const string Service = "se.recompile.Mandos";
    private const string Properties = "org.freedesktop.DBus.Properties";

    private readonly Process _process;

    private DBusCaller(Process process) => _process = process;

    public static DBusCaller Start(string address) => new(Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, [Command, address]) { RedirectStandardInput = true, RedirectStandardOutput = true })!);

    /// <summary>Has it do something.</summary>
    /// <param name="work">"get" a property, "set" one, or "all" clients with their properties.</param>
    /// <param name="count">How often.</param>
    /// <param name="atOnce">How many calls are under way at once.</param>
    /// <returns>The error of the last call that was refused; null if none was.</returns>
    public async Task<string?> DoAsync(string work, int count, int atOnce = 1)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{work} {count} {atOnce}"));
        string answer = await _process.StandardOutput.ReadLineAsync() ?? throw new EndOfStreamException("the caller has ended");
        return answer.Length == 0 ? null : answer;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    /// <summary>What the process does.</summary>
    public static async Task RunAsync(string address)
    {
        await using var bus = new BusConnection(new BusOptions(address));
        await bus.ConnectAsync(CancellationToken.None);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            int left = int.Parse(words[1], CultureInfo.InvariantCulture);
            string error = "";
            await Task.WhenAll(Enumerable.Range(0, int.Parse(words[2], CultureInfo.InvariantCulture)).Select(async _ =>
            {
                for (int number; (number = Interlocked.Decrement(ref left)) >= 0;)
                {
                    try
                    {
                        await CallAsync(bus, words[0], (ulong)number + 1);
                    }
                    catch (DBusErrorReplyException e)
                    {
                        error = e.ErrorMessage;
                    }
                }
            }));
            Console.WriteLine(error);
        }
    }

    private static Task CallAsync(BusConnection bus, string work, ulong number)
    {
        const string client = "/clients/client_1_example_org";
        return work switch
        {
            "get" => bus.CallAsync(
                Service, client, Properties, "Get", "ss",
                static (ref writer) => WriteProperty(ref writer, "Expires"),
                static reply => reply.GetBodyReader().ReadVariantValue()),
            "set" => bus.CallAsync(
                Service, client, Properties, "Set", "ssv",
                (ref writer) =>
                {
                    WriteProperty(ref writer, "ApprovalDelay");
                    writer.WriteVariantUInt64(number);
                },
                static _ => true),
            _ => bus.CallAsync(Service, "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", null, null, static _ => true),
        };
    }

    private static void WriteProperty(ref MessageWriter writer, string name)
    {
        writer.WriteString("se.recompile.Mandos.Client");
        writer.WriteString(name);
    }
}
