using System.Text;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>The methods about invitations.</summary>
/// <param name="server">Carries them out.</param>
/// <param name="callers">Tells who calls.</param>
/// <param name="ended">Gives up waiting.</param>
internal sealed class InvitationCalls(IMandosServer server, Callers callers, CancellationToken ended)
{
    private IInvitations Invitations => server.Invitations
        ?? throw new CallException(BusErrors.NotSupported, "invitations are off; write “invitations = True” into mandos.conf, and restart the server");

    /// <summary>Lists them.</summary>
    public Call ReadList(BusCall context)
    {
        IReadOnlyList<Invitation> all = [];
        return new Call(context, async () => all = await Invitations.ListAsync(ended).ConfigureAwait(false))
        {
            Reply = () => context.Reply("a(ssssss)", (ref writer) => Write(ref writer, all)),
        };
    }

    /// <summary>Invites a machine.</summary>
    public Call ReadInvite(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        string name = reader.ReadString();
        TimeSpan valid = TimeSpan.FromMilliseconds((double)Math.Min(reader.ReadUInt64(), (ulong)TimeSpan.MaxValue.TotalMilliseconds / 2));
        NewInvitation made = null!;
        return new Call(context, async () => made = await callers.CarryOutAsync(
            context, source => Invitations.InviteAsync(name, valid, source, ended)).ConfigureAwait(false))
        {
            Reply = () => context.Reply("ssass", (ref writer) =>
            {
                writer.WriteString(made.Token);
                writer.WriteString(made.Pin);
                ArrayStart array = writer.WriteArrayStart(DBusType.String);
                foreach (System.Net.IPEndPoint endPoint in server.Info.EndPoints)
                {
                    writer.WriteString(endPoint.ToString());
                }

                writer.WriteArrayEnd(array);
                WriteTime(ref writer, made.Until);
            }),
        };
    }

    /// <summary>Gives out what has arrived on an invitation.</summary>
    public Call ReadSection(BusCall context)
    {
        string name = context.Request.GetBodyReader().ReadString();
        byte[] section = [];
        return new Call(context, async () => section = await callers.CarryOutAsync(
            context, source => Invitations.ReadAsync(name, source, ended).AsTask()).ConfigureAwait(false))
        {
            Reply = () => context.Reply("ay", (ref writer) => writer.WriteArray(section)),
        };
    }

    /// <summary>Ends one.</summary>
    public Call ReadEnd(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        string name = reader.ReadString();
        bool isAccepted = reader.ReadBool();
        return new Call(context, () => callers.CarryOutAsync(context, async source =>
        {
            await Invitations.EndAsync(name, isAccepted, source, ended).ConfigureAwait(false);
            return CommandResult.Durable;
        }));
    }

    private static void Write(ref MessageWriter writer, IReadOnlyList<Invitation> all)
    {
        ArrayStart array = writer.WriteArrayStart(DBusType.Struct);
        foreach (Invitation one in all)
        {
            writer.WriteStructureStart();
            writer.WriteString(SafeText.Of(one.Name));
            WriteTime(ref writer, one.Created);
            WriteTime(ref writer, one.Until);
            WriteTime(ref writer, one.Arrived);
            writer.WriteString(one.Address?.ToString() ?? "");
            writer.WriteString(SafeText.Of(one.KeyId ?? ""));
        }

        writer.WriteArrayEnd(array);
    }

    private static void WriteTime(ref MessageWriter writer, DateTimeOffset? time)
    {
        Span<byte> text = stackalloc byte[TimeText.MaxLength];
        writer.WriteString(Encoding.ASCII.GetString(text[..TimeText.Format(time, text)]));
    }
}
