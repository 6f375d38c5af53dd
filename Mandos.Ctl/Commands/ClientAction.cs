using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Commands;

/// <summary>Something to be done with each client.</summary>
/// <param name="RunAsync">Does it with one.</param>
/// <param name="Many">The same for many at once; null if it is done with one after another.</param>
internal sealed record ClientAction(Func<IServerConnection, Client, CancellationToken, Task> RunAsync, ManyChange? Many);
