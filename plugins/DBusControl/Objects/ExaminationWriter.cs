using Mandos.Abstractions.Control;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>Writes what the server makes of sections for its files.</summary>
internal static class ExaminationWriter
{
    /// <summary>
    /// The D-Bus type: the directory of the files; of each client the line of its section, the length of its secret, its checker, and its properties; problems; doubts.
    /// </summary>
    public const string Signature = "sa(uusa{sv})asas";

    /// <summary>Where a client that is none yet would be: nowhere.</summary>
    private const string NoPath = "/";

    /// <summary>Writes all of it.</summary>
    public static void Write(ref MessageWriter writer, Examination examination)
    {
        writer.WriteString(SafeText.Of(examination.ConfigDirectory));
        ArrayStart clients = writer.WriteArrayStart(DBusType.Struct);
        foreach (ExaminedClient client in examination.Clients)
        {
            writer.WriteStructureStart();
            writer.WriteUInt32((uint)client.Line);
            writer.WriteUInt32((uint)client.SecretLength);
            writer.WriteString(SafeText.Of(client.Client.Settings.CheckerPlugin ?? ""));
            ClientWriter.WriteAll(ref writer, NoPath, client.Client);
        }

        writer.WriteArrayEnd(clients);
        WriteTexts(ref writer, examination.Problems);
        WriteTexts(ref writer, examination.Doubts);
    }

    private static void WriteTexts(ref MessageWriter writer, IReadOnlyList<string> texts)
    {
        ArrayStart array = writer.WriteArrayStart(DBusType.String);
        foreach (string text in texts)
        {
            writer.WriteString(SafeText.Of(text));
        }

        writer.WriteArrayEnd(array);
    }
}
