using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>The method ChangeClients: one command for many clients.</summary>
/// <param name="server">Carries it out.</param>
/// <param name="clients">The clients.</param>
/// <param name="callers">Tells who gives it.</param>
/// <param name="ended">Gives up waiting for it.</param>
internal sealed class ManyClients(IMandosServer server, ClientTable clients, Callers callers, CancellationToken ended)
{
    /// <summary>Reads a call.</summary>
    public Call Read(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        string[] paths = reader.ReadArrayOfObjectPath().Select(static path => path.ToString()).ToArray();
        ClientAction action = ActionOf(reader.ReadString(), reader.ReadVariantValue());
        if (paths.Length > ClientLimits.ClientsOfCommand)
        {
            throw CallException.InvalidArgs($"one call may be for {ClientLimits.ClientsOfCommand} clients; this one is for {paths.Length}");
        }

        List<Problem> problems = [];
        return new Call(context, () => CarryOutAsync(context, paths, action, problems))
        {
            Size = paths.Sum(static path => path.Length),
            Reply = () => context.Reply("a(osss)", (ref writer) => Write(ref writer, problems)),
        };
    }

    /// <summary>What a property and its new value ask for, or one of the methods that take a client.</summary>
    /// <exception cref="CallException">Nothing that can be done with many clients, or it is no value for it.</exception>
    private static ClientAction ActionOf(string name, VariantValue value)
    {
        ClientPropertyInfo? property = ClientProperties.Find(Names.Client, name) ?? ClientProperties.Find(Names.ClientExtension, name);
        return name switch
        {
            "Approve" => Values.RequireBoolean(value, "Approve's argument") ? ClientAction.Approve : ClientAction.Deny,
            "RemoveClient" => ClientAction.Remove,
            "ExpectReboot" => ClientAction.ExpectReboot(Values.ToReboot(value, name)),
            "Rehearse" => ClientAction.Rehearse(Values.ToDuration(value, name)),
            "Promote" => ClientAction.Promote,
            _ when property?.Act is { } act => act(value),
            _ => throw CallException.InvalidArgs(
                $"“{name}” is nothing that many clients can be given: it has to be a property that can be set, but for Secret, or Approve, RemoveClient, ExpectReboot, Rehearse or Promote"),
        };
    }

    private async Task CarryOutAsync(BusCall context, string[] paths, ClientAction action, List<Problem> problems)
    {
        var meant = new List<ClientReference>(paths.Length);
        var pathOf = new Dictionary<string, string>(paths.Length, StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (!clients.TryGet(path, out ClientSnapshot? client))
            {
                problems.Add(new(path, "", CallException.UnknownObject(path)));
            }
            else if (pathOf.TryAdd(client.Name, path))
            {
                meant.Add(client);
            }
        }

        IReadOnlyList<ClientProblem> found = await callers.CarryOutAsync(
            context, source => server.CommandManyAsync(meant, action, source, ended)).ConfigureAwait(false);
        foreach (ClientProblem problem in found)
        {
            string path = pathOf[problem.Client];
            problems.Add(new(path, problem.Client, problem switch
            {
                { Error: UnknownClientException } => CallException.ObjectGone(path),
                { Error: { } error } => CallException.Of(error),
                _ => new CallException(Names.NotSavedError, problem.Result!.Problem!),
            }));
        }

        if (problems.Sum(static problem => (long)(2 * problem.Path.Length) + (4 * DBusLimits.MessageLength)) > DBusLimits.ReplyBytes)
        {
            throw new CallException(
                BusErrors.LimitsExceeded, $"the command has failed for {problems.Count} clients, more than one answer can name; the server's log has them");
        }
    }

    private static void Write(ref MessageWriter writer, List<Problem> problems)
    {
        ArrayStart array = writer.WriteArrayStart(DBusType.Struct);
        foreach (Problem problem in problems)
        {
            writer.WriteStructureStart();
            writer.WriteObjectPath(problem.Path);
            writer.WriteString(SafeText.Of(problem.Name));
            writer.WriteString(problem.Error.ErrorName);
            writer.WriteString(SafeText.Of(problem.Error.Message));
        }

        writer.WriteArrayEnd(array);
    }

    /// <summary>What the command of one client would have ended in.</summary>
    private sealed record Problem(string Path, string Name, CallException Error);
}
