using System.Globalization;
using System.Net;
using System.Text.Json;
using Mandos.Engine.Invitations;
using Mandos.Host.Unix;

namespace Mandos.Host.Invitations;

/// <summary>The file in the state directory with all invitations. It is replaced as a whole.</summary>
/// <param name="stateDirectory">The state directory.</param>
internal sealed class InvitationFile(string stateDirectory) : IInvitationFile
{
    private const int Version = 1;
    private const int HashBytes = 32;

    /// <summary>Four times what the most invitations take, with the largest sections in Base64.</summary>
    private const long MostBytes = 32 << 20;

    private readonly string _path = Path.Combine(stateDirectory, "invitations.json");

    /// <inheritdoc/>
    public IReadOnlyList<StoredInvitation> Read()
    {
        try
        {
            if (!File.Exists(_path))
            {
                return [];
            }

            if (new FileInfo(_path).Length > MostBytes)
            {
                throw new FormatException();
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(_path));
            int version = document.RootElement.GetProperty("version").GetInt32();
            return version == Version ? [.. document.RootElement.GetProperty("invitations").EnumerateArray().Select(Read)]
                : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{_path} is of version {version}, and this server has {Version}"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            throw new IOException($"{_path} is damaged; restore it, or remove it while the server is stopped, and invite again");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyCollection<StoredInvitation> invitations)
    {
        try
        {
            PrivateFile.Write(_path, overwrite: true, file =>
            {
                using var json = new Utf8JsonWriter(file);
                json.WriteStartObject();
                json.WriteNumber("version", Version);
                json.WriteStartArray("invitations");
                foreach (StoredInvitation invitation in invitations)
                {
                    Write(json, invitation);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message);
        }
    }

    private static void Write(Utf8JsonWriter json, StoredInvitation invitation)
    {
        json.WriteStartObject();
        json.WriteString("name", invitation.Name);
        json.WriteString("token_sha256", Convert.ToHexStringLower(invitation.TokenHash.Span));
        json.WriteString("created", invitation.Created);
        json.WriteString("until", invitation.Until);
        if (invitation.Arrived is { } arrived)
        {
            json.WriteString("arrived", arrived);
            json.WriteString("address", invitation.Address?.ToString());
            json.WriteString("key_id", invitation.KeyId);
            json.WriteBase64String("section", invitation.Section.Span);
        }

        if (invitation.Ended is { } ended)
        {
            json.WriteString("ended", ended);
        }

        json.WriteEndObject();
    }

    private static StoredInvitation Read(JsonElement json) => new()
    {
        Name = json.GetProperty("name").GetString() ?? throw new FormatException(),
        TokenHash = Convert.FromHexString(json.GetProperty("token_sha256").GetString()!) is { Length: HashBytes } hash ? hash : throw new FormatException(),
        Created = json.GetProperty("created").GetDateTimeOffset(),
        Until = json.GetProperty("until").GetDateTimeOffset(),
        Arrived = Time(json, "arrived"),
        Address = Text(json, "address") is { } address ? IPAddress.Parse(address) : null,
        KeyId = Text(json, "key_id"),
        Section = json.TryGetProperty("section", out JsonElement section) ? section.GetBytesFromBase64() : default(ReadOnlyMemory<byte>),
        Ended = Time(json, "ended"),
    };

    private static DateTimeOffset? Time(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement time) ? time.GetDateTimeOffset() : null;

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;
}
