using System.Globalization;
using Mandos.Bus;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl;

/// <summary>Finds the program that does not read what the bus has for it, by dbus-daemon's statistics of its connections.</summary>
internal static class SlowReader
{
    private const string Bus = "org.freedesktop.DBus";
    private const string BusPath = "/org/freedesktop/DBus";
    private const string Statistics = Bus + ".Debug.Stats";

    /// <summary>What the bus keeps for a program that reads is much less, in bytes.</summary>
    private const uint Much = 1 << 20;

    /// <summary>How long the search may take.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(5);

    /// <summary>Looks for it.</summary>
    /// <returns>Its name on the bus, its process, and how much the bus keeps for it; null if there is none.</returns>
    /// <exception cref="DBusExceptionBase">The bus does not tell.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or is cancelled.</exception>
    public static async Task<string?> FindAsync(string address, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var connection = new BusConnection(new BusOptions(address) { Name = "slow-reader", TimeProvider = time });
        await using (connection.ConfigureAwait(false))
        {
            await connection.ConnectAsync(either.Token).ConfigureAwait(false);
            string[] names = await AskAsync(
                connection, Bus, "ListNames", null, message => message.GetBodyReader().ReadArrayOfString(), either.Token).ConfigureAwait(false);
            (string Name, uint Bytes) most = ("", 0);
            foreach (string name in names.Where(static name => name.StartsWith(':')))
            {
                try
                {
                    uint bytes = await AskAsync(
                        connection, Statistics, "GetConnectionStats", name, ReadKept, either.Token).ConfigureAwait(false);
                    most = bytes > most.Bytes ? (name, bytes) : most;
                }
                catch (DBusErrorReplyException e) when (e.ErrorName == BusErrors.NameHasNoOwner)
                {
                    // It has gone meanwhile, as the connection that the server had before.
                }
            }

            if (most.Bytes < Much)
            {
                return null;
            }

            uint process = await AskAsync(
                connection, Bus, "GetConnectionUnixProcessID", most.Name, message => message.GetBodyReader().ReadUInt32(), either.Token)
                .ConfigureAwait(false);
            return string.Create(
                CultureInfo.InvariantCulture, $"{most.Name}, process {process}{Command(process)}, for which it keeps {most.Bytes >> 20} MiB");
        }
    }

    private static Task<T> AskAsync<T>(
        BusConnection connection, string interfaceName, string member, string? argument, Func<Message, T> read, CancellationToken cancellationToken)
    {
        using MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(Bus, BusPath, interfaceName, member, argument is null ? null : "s");
        if (argument is not null)
        {
            writer.WriteString(argument);
        }

        return connection.CallAsync(writer.CreateMessage(), read, cancellationToken);
    }

    private static uint ReadKept(Message message)
    {
        Reader reader = message.GetBodyReader();
        ArrayEnd end = reader.ReadDictionaryStart();
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            string name = reader.ReadString();
            VariantValue value = reader.ReadVariantValue();
            if (name == "OutgoingBytes" && value.Type == VariantValueType.UInt32)
            {
                return value.GetUInt32();
            }
        }

        return 0;
    }

    private static string Command(uint process)
    {
        try
        {
            return $" ({File.ReadAllText($"/proc/{process}/comm").TrimEnd()})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
