using Microsoft.Win32.SafeHandles;

namespace Mandos.Host.Listening;

/// <summary>A descriptor that is kept for when there are no others, so that a connection can be taken in to be closed.</summary>
internal sealed class SpareDescriptor : IDisposable
{
    private SafeFileHandle? _file = Open();

    /// <summary>Does something that needs a descriptor for a moment.</summary>
    /// <param name="action">It must leave none open.</param>
    public void Use(Action action)
    {
        if (_file is null)
        {
            _file = Open(); // somebody else took it the last time
            return;
        }

        _file.Dispose();
        try
        {
            action();
        }
        finally
        {
            _file = Open();
        }
    }

    public void Dispose() => _file?.Dispose();

    private static SafeFileHandle? Open()
    {
        try
        {
            return File.OpenHandle("/dev/null");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
