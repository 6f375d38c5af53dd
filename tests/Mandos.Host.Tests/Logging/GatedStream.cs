namespace Mandos.Host.Tests.Logging;

/// <summary>Like a full pipe: a write waits until the gate is opened.</summary>
internal sealed class GatedStream : MemoryStream
{
    private readonly ManualResetEventSlim _gate = new();
    private readonly ManualResetEventSlim _written = new();

    public void AwaitWriter() => Assert.True(_written.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

    public void Open() => _gate.Set();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _written.Set();
        _gate.Wait();
        base.Write(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        _gate.Set();
        base.Dispose(disposing);
    }
}
