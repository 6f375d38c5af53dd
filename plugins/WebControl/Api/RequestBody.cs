using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Mandos.WebControl.Api;

/// <summary>Reads what came with a request.</summary>
internal static class RequestBody
{
    private static readonly JsonDocumentOptions _options = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Reads an object, whose names and texts can be read then.</summary>
    /// <exception cref="WebProblem">It is no JSON, no object, too long, or has a text that is no Unicode.</exception>
    public static async Task<JsonDocument> ReadObjectAsync(WebCall call)
    {
        RequireType(call, "application/json");
        byte[] body = await ReadAsync(call, WebLimits.JsonBytes).ConfigureAwait(false);
        try
        {
            JsonDocument document = JsonDocument.Parse(body, _options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw WebProblem.BadValue("the body has to be a JSON object");
            }

            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                _ = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : null; // the names were read to be compared
            }

            return document;
        }
        catch (JsonException e)
        {
            throw WebProblem.BadValue(e.LineNumber is { } line ? $"the body is no JSON, at line {line + 1}" : "the body has a property twice");
        }
        catch (InvalidOperationException)
        {
            throw WebProblem.BadValue("a text of the body is no Unicode"); // half of a surrogate pair
        }
    }

    /// <summary>Reads the fields of a form.</summary>
    /// <exception cref="WebProblem">It is none, or too long.</exception>
    public static async Task<Dictionary<string, StringValues>> ReadFormAsync(WebCall call)
    {
        RequireType(call, "application/x-www-form-urlencoded");
        return QueryHelpers.ParseQuery(Encoding.UTF8.GetString(await ReadAsync(call, WebLimits.TextBytes).ConfigureAwait(false)));
    }

    /// <summary>Sees that the body says that it has a type.</summary>
    /// <exception cref="WebProblem">It says something else.</exception>
    public static void RequireType(WebCall call, string type)
    {
        string given = call.Request.ContentType ?? "";
        if (!given.Split(';')[0].Trim().Equals(type, StringComparison.OrdinalIgnoreCase))
        {
            throw WebProblem.WrongType(type);
        }
    }

    /// <summary>Reads all of a body, and leaves no copy of it in Kestrel's buffers.</summary>
    /// <param name="call">The request.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <returns>The body; if it is a secret, the caller zeroes it.</returns>
    /// <exception cref="WebProblem">It is longer.</exception>
    public static async Task<byte[]> ReadAsync(WebCall call, int most)
    {
        if (call.Request.ContentLength > most)
        {
            throw WebProblem.TooLarge(most);
        }

        byte[] body = new byte[call.Request.ContentLength ?? most];
        int length = 0;
        PipeReader reader = call.Request.BodyReader;
        bool ends = false;
        while (!ends)
        {
            ReadResult read = await reader.ReadAsync(call.Aborted).ConfigureAwait(false);
            bool fits = read.Buffer.Length <= body.Length - length;
            if (fits)
            {
                read.Buffer.CopyTo(body.AsSpan(length));
                length += (int)read.Buffer.Length;
            }

            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(part).Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (!fits)
            {
                CryptographicOperations.ZeroMemory(body);
                throw WebProblem.TooLarge(most);
            }

            ends = read.IsCompleted;
        }

        if (length == body.Length)
        {
            return body;
        }

        byte[] result = body[..length];
        CryptographicOperations.ZeroMemory(body);
        return result;
    }
}
