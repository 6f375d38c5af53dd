using Mandos.Abstractions.Clients;

namespace Mandos.Host.Configuration;

/// <summary>The options of a client that the server knows, as tags of their names.</summary>
internal enum KnownOption
{
    KeyId,
    Fingerprint,
    Secret,
    SecFile,
    NextKeyId,
    NextSecret,
    NextSecFile,
    CheckerPlugin,
    ApproveAll,
    Enabled,

    /// <summary>The first of those in <see cref="ClientSetting.All"/>, which have the tags from here on.</summary>
    Settings,
}
