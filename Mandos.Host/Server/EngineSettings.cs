using Mandos.Engine;
using Mandos.Engine.Clients;
using Mandos.Engine.Invitations;
using Mandos.Host.Auditing;
using Mandos.Host.Configuration;
using Mandos.Host.Invitations;
using Mandos.Host.Listening;
using Mandos.Host.Privileges;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>What the engine is told of the configuration, and how many connections the limit on open files allows.</summary>
/// <param name="context">What the parts of the server share.</param>
internal sealed partial class EngineSettings(ServerContext context)
{
    /// <summary>
    /// Descriptors, of the reserved ones, for connections beyond the limit: those that are accepted and not looked at yet, and those that give
    /// way and are not closed yet.
    /// </summary>
    public const int ClosingDescriptors = 64;

    /// <summary>Descriptors that are never for connections: libraries, plugins, state.</summary>
    private const int ReservedDescriptors = 256;

    /// <summary>Part of the descriptors that is left to checks: each that runs needs one, and a flood of peers must not make them fail.</summary>
    private const int CheckShare = 4;

    private readonly ILogger _logger = context.Logger;

    /// <summary>Makes the engine's options.</summary>
    /// <param name="audit">The audit log; null if there is none.</param>
    /// <param name="readClients">Re-reads the clients.</param>
    /// <param name="areClientsSame">Whether that would bring nothing new.</param>
    /// <param name="judgeClient">Judges a client that a command is to add.</param>
    public EngineOptions Create(
        AuditLog? audit, Func<Task<ClientConfiguration>> readClients, Func<bool> areClientsSame, Func<ClientDefinition, Task> judgeClient)
    {
        ServerOptions options = context.Options;
        var engineOptions = new EngineOptions
        {
            Restore = options.Restore,
            ReadClients = () =>
            {
                audit?.Reopen();
                return readClients();
            },
            AreClientsSame = () =>
            {
                bool areSame = areClientsSame();
                if (areSame)
                {
                    audit?.Reopen();
                }

                return areSame;
            },
            JudgeClient = judgeClient,
            ServerKey = new ServerKeyFile(context.StateDirectory, _logger),
            Invitations = options.Invitations
                ? new InvitationOptions(new InvitationFile(context.StateDirectory), new InvitationTls(context.StateDirectory, _logger))
                : null,
            Audit = audit,
            SinceBoot = BootClock.Read,
        };
        engineOptions = engineOptions with
        {
            MaxRequestsPerClient = options.MaxRequestsPerClient ?? engineOptions.MaxRequestsPerClient,
            MaxConnections = LimitConnections(engineOptions.MaxConnections),
        };
        return options.MaxConnectionsPerAddress is { } perAddress
            ? engineOptions with { MaxConnectionsPerAddress = perAddress }
            : engineOptions;
    }

    private int LimitConnections(int usual)
    {
        long descriptors = Native.GetOpenFileLimit();
        long room = Math.Max(1, descriptors - descriptors / CheckShare - ReservedDescriptors);
        int wanted = context.Options.MaxConnections ?? usual;
        if (context.Options.MaxConnections > room)
        {
            LogFewDescriptors(wanted, room);
        }

        return (int)Math.Min(wanted, room);
    }
}
