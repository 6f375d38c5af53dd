using System.Text.Json;
using Mandos.WebControl.Unix;

namespace Mandos.WebControl.Access;

/// <summary>The file in the state directory with the tokens' hashes. It is replaced as a whole, and on disk before anybody is told.</summary>
/// <param name="stateDirectory">The state directory.</param>
internal sealed class TokenFile(string stateDirectory)
{
    private const int Version = 1;
    private const long MostBytes = 1 << 20;

    private readonly string _path = Path.Combine(stateDirectory, "web-tokens.json");

    /// <summary>Reads all tokens.</summary>
    /// <exception cref="IOException">The file cannot be read, or is damaged.</exception>
    public IReadOnlyList<Token> Read()
    {
        try
        {
            if (!File.Exists(_path))
            {
                return [];
            }

            if (new FileInfo(_path).Length > MostBytes)
            {
                throw new IOException($"{_path} is too large");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(_path));
            return document.RootElement.GetProperty("version").GetInt32() == Version
                ? [.. document.RootElement.GetProperty("tokens").EnumerateArray().Select(Read)]
                : throw new IOException($"{_path} is of another version than this server");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            throw new IOException($"{_path} is damaged; remove it, and make the tokens again");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message);
        }
    }

    /// <summary>Replaces all tokens.</summary>
    /// <exception cref="IOException">It is not done.</exception>
    public void Write(IReadOnlyCollection<Token> tokens)
    {
        string fresh = _path + ".new";
        try
        {
            using (var stream = new FileStream(fresh, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                using (var json = new Utf8JsonWriter(stream))
                {
                    json.WriteStartObject();
                    json.WriteNumber("version", Version);
                    json.WriteStartArray("tokens");
                    foreach (Token token in tokens)
                    {
                        json.WriteStartObject();
                        json.WriteString("name", token.Name);
                        json.WriteString("scope", token.Scope.ToString().ToLowerInvariant());
                        json.WriteString("created", token.Created);
                        json.WriteString("sha256", Convert.ToHexStringLower(token.Hash));
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                stream.Flush(flushToDisk: true);
            }

            DurableFile.Rename(fresh, _path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message);
        }
    }

    private static Token Read(JsonElement token) => new(
        token.GetProperty("name").GetString() ?? throw new FormatException(),
        ScopeNames.Parse(token.GetProperty("scope").GetString()) ?? throw new FormatException(),
        token.GetProperty("created").GetDateTimeOffset(),
        Convert.FromHexString(token.GetProperty("sha256").GetString()!) is { Length: 32 } hash ? hash : throw new FormatException());
}
