using System.Net;
using Mandos.Abstractions.Control;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Transitions;

internal sealed partial class RequestTransitions
{
    [LoggerMessage(1302, LogLevel.Warning, "Client {Client}: refused its secret: {Reason}")]
    private partial void LogRejected(string client, RejectionReason reason);

    [LoggerMessage(1303, LogLevel.Information, "Client {Client}: waits for approval, as request {Id} from {Peer}")]
    private partial void LogWaiting(string client, long id, IPEndPoint peer);

    [LoggerMessage(1305, LogLevel.Information, "Client {Client}: {Verdict} by a person")]
    private partial void LogVerdict(string client, string verdict);

    [LoggerMessage(1306, LogLevel.Warning,
        "Client {Client}: connections from different addresses wait for approval: {Addresses}; somebody else may have its key")]
    private partial void LogConflict(string client, string addresses);

    [LoggerMessage(1308, LogLevel.Warning, "Client {Client}: another machine may have its key: {Description}; the request is from {Peer}")]
    private partial void LogAnomaly(string client, string description, IPEndPoint peer);
}
