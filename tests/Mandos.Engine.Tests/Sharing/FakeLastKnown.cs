using Mandos.Abstractions.Persistence;
using Mandos.Engine.Persistence;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>What a server keeps of its clients beside the shared store, in memory.</summary>
internal sealed class FakeLastKnown : ILastKnown
{
    /// <summary>What is kept.</summary>
    public IReadOnlyCollection<StoredClient> Clients { get; private set; } = [];

    /// <summary>Whether it can be neither read nor written.</summary>
    public bool IsBroken { get; set; }

    public IReadOnlyList<StoredClient> Read() => IsBroken ? throw new IOException("it is damaged") : [.. Clients];

    public void Write(IReadOnlyCollection<StoredClient> clients) => Clients = IsBroken ? throw new IOException("the disk is full") : clients;
}
