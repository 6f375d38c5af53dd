using System.Net;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Approval;

internal sealed partial class ApprovalDesk
{
    [LoggerMessage(1307, LogLevel.Information, "Client {Client}: request {Id} from {Peer} {Verdict} by a person")]
    private partial void LogDecision(string client, long id, IPEndPoint peer, string verdict);
}
