namespace Mandos.Engine;

/// <content>Takes up changes of the configuration.</content>
public sealed partial class MandosEngine
{
    /// <inheritdoc/>
    /// <remarks>The file is read outside the loop.</remarks>
    public Task ReloadAsync(CancellationToken cancellationToken) => Task.FromException(new NotSupportedException("cannot reload yet"));
}
