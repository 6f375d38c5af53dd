using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.DBusControl.Clients;

/// <summary>A command about one client.</summary>
/// <param name="server">Carries it out.</param>
/// <param name="client">The client.</param>
/// <param name="source">Who gives it.</param>
/// <param name="cancellationToken">Gives up waiting.</param>
internal delegate Task<CommandResult> ClientCommand(
    IMandosServer server, ClientReference client, CommandSource source, CancellationToken cancellationToken);
