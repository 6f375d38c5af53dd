using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;

namespace Mandos.Engine.Tests.Support;

/// <summary>The file with the server's own key, in memory.</summary>
internal sealed class FakeServerKey : IServerKeyFile
{
    private int _reads;

    /// <summary>What is in the file; null: there is none.</summary>
    public byte[]? Bytes { get; set; }

    /// <summary>Why it cannot be read, nor written; null if it can.</summary>
    public string? Fault { get; set; }

    public int Created { get; private set; }

    /// <summary>How often it was read, or tried to.</summary>
    public int Reads => Volatile.Read(ref _reads);

    public Secret? Read()
    {
        Interlocked.Increment(ref _reads);
        return Fault is { } fault ? throw new StateStoreException(fault) : Bytes is { } bytes ? new Secret(bytes) : null;
    }

    public void Create(Secret key)
    {
        Assert.Null(Bytes);
        Assert.Equal(IServerKeyFile.KeyLength, key.Memory.Length);
        Bytes = Fault is { } fault ? throw new StateStoreException(fault) : key.Memory.ToArray();
        Created++;
    }
}
