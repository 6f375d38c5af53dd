using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Commands;

/// <summary>Something to be done with each client.</summary>
internal delegate Task ClientAction(IServerConnection server, Client client, CancellationToken cancellationToken);
