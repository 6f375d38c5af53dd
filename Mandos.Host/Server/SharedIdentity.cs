using Mandos.Abstractions.Sharing;
using Mandos.Host.Configuration;

namespace Mandos.Host.Server;

/// <summary>The identity of this server for others that share its state store: a random number that the state directory keeps, and the machine's name.</summary>
internal static class SharedIdentity
{
    private const string FileName = "server-id";

    /// <summary>Reads it, or makes it at the first start.</summary>
    /// <param name="stateDirectory">Where it is kept.</param>
    /// <exception cref="StartException">It can be neither read nor made.</exception>
    public static ServerIdentity Of(string stateDirectory)
    {
        string path = Path.Combine(stateDirectory, FileName);
        try
        {
            if (!File.Exists(path))
            {
                File.WriteAllText(path, Guid.NewGuid().ToString("D") + "\n");
            }

            return Guid.TryParse(File.ReadAllText(path).Trim(), out Guid id)
                ? new ServerIdentity(id, Environment.MachineName)
                : throw new StartException($"{path}: has to have this server's number, as 01234567-89ab-cdef-0123-456789abcdef; remove it, and the server makes a new one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"this server's number among those that share its state cannot be kept: {e.Message}");
        }
    }
}
