namespace Mandos.Engine.Protocol;

/// <summary>Where a connection stands among those that have not authenticated: in all, and of its address.</summary>
internal sealed record UnauthenticatedPlace(LinkedListNode<Connection> InAll, LinkedListNode<Connection> OfAddress);
