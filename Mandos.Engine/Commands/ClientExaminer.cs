using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Commands;

/// <summary>Judges sections that a person wants to add to the files: by the files, and by what the engine alone knows. Thread-safe.</summary>
/// <param name="services">What the engine shares.</param>
/// <param name="clients">The clients, also those that commands have added.</param>
/// <param name="kept">What is kept of those that are no clients.</param>
/// <param name="examine"><see cref="EngineOptions.Examine"/></param>
internal sealed class ClientExaminer(
    EngineServices services, ClientRegistry clients, KeptClients kept, Func<ReadOnlyMemory<byte>, Task<Examination>>? examine)
{
    /// <inheritdoc cref="IMandosServer.ExamineAsync"/>
    public async Task<Examination> ExamineAsync(ReadOnlyMemory<byte> sections, CancellationToken cancellationToken)
    {
        if (sections.Length > ClientLimits.SectionsBytes)
        {
            throw new ArgumentException($"sections may have at most {ClientLimits.SectionsBytes} bytes, these have {sections.Length}");
        }

        Examination read = examine is null
            ? throw new NotSupportedException("this server has no files that could take up clients")
            : await examine(sections).ConfigureAwait(false); // not given up: it reads what is the caller's
        return await services.Loop.InvokeAsync(() => Compare(read), cancellationToken).ConfigureAwait(false);
    }

    private Examination Compare(Examination read)
    {
        List<string> problems = [.. read.Problems];
        List<string> doubts = [.. read.Doubts];
        foreach (ClientSnapshot client in read.Clients.Select(static one => one.Client))
        {
            foreach (Client other in Others(client).Where(static other => other.Definition.Origin == ClientOrigin.Command))
            {
                problems.Add($"[{client.Name}]: a command has added a client “{other.Name}” of that name or key already; mandos-ctl --remove removes it");
            }

            foreach (KeptClient former in kept.Find(client.Name, client.Settings).Select(static row => row.ToKeptClient()))
            {
                if (former.State == KeptState.Removed)
                {
                    problems.Add($"[{client.Name}]: a client “{former.Name}” of that name or key was removed, so this one would stay away; "
                        + $"mandos-ctl --forget {former.Name} forgets that one");
                }
                else if (former.Origin == ClientOrigin.Command)
                {
                    problems.Add($"[{client.Name}]: a command has added a client “{former.Name}” of that name or key, whose secret the server cannot "
                        + $"read now; mandos-ctl --forget {former.Name} forgets that one");
                }
                else if (former.State == KeptState.Disabled)
                {
                    doubts.Add($"[{client.Name}]: a client “{former.Name}” of that name or key was disabled when it left the files, so this one will be too; "
                        + "mandos-ctl --enable enables it");
                }
            }
        }

        return read with { Problems = problems, Doubts = doubts };
    }

    private IEnumerable<Client> Others(ClientSnapshot client)
        => ClientRegistry.Keys(client.Settings).Select(clients.FindByKey)
            .Append(clients.TryGet(client.Name, out Client? named) ? named : null).OfType<Client>().Distinct();
}
