using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>Has the server examine what a person adds to its files.</summary>
internal sealed partial class BusServerConnection
{
    private const string ExaminationSignature = "sa(uusa{sv})asas";

    /// <inheritdoc/>
    public async Task<Examination> ExamineAsync(byte[] sections, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.ExamineClients({sections.Length} bytes)");
        try
        {
            MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "ExamineClients", "ay");
            writer.WriteArray(sections);
            return await _connection.CallAsync(
                writer.CreateMessage(),
                static message =>
                {
                    Reader reader = Body(message, ExaminationSignature);
                    return ReadExamination(ref reader);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (IsUnknown(e))
        {
            throw new ServerException("this server does not take clients by --add: it is Debian's, or an older one; write them into its clients.conf");
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    private static Examination ReadExamination(ref Reader reader)
    {
        string directory = reader.ReadString();
        List<ExaminedClient> clients = [];
        ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            (uint line, uint length, string checker) = (reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadString());
            clients.Add(new ExaminedClient(line, length, checker, BusValues.ReadClient(new Client("/"), ref reader)));
        }

        return new Examination(directory, clients, reader.ReadArrayOfString(), reader.ReadArrayOfString());
    }
}
