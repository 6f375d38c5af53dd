using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Api;

/// <summary>Answers in JSON.</summary>
internal sealed class JsonAnswer : IProblemTeller
{
    /// <summary>A browser takes no JSON for a page, so that only what JSON demands is escaped: names stay readable.</summary>
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an answer that fits into memory.</summary>
    public static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        using (Utf8JsonWriter json = Begin(context))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return context.Response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }

    /// <summary>Writes an answer with a list that may be long, bit by bit.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The name of the list.</param>
    /// <param name="items">What is in it.</param>
    /// <param name="write">Writes one of them.</param>
    /// <param name="end">Writes what follows the list.</param>
    public static async Task WriteAsync<T>(
        HttpContext context, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write, Action<Utf8JsonWriter>? end = null)
    {
        const int BytesAtATime = 16 << 10;
        Utf8JsonWriter json = Begin(context);
        await using (json.ConfigureAwait(false))
        {
            json.WriteStartObject();
            json.WriteStartArray(name);
            foreach (T item in items)
            {
                write(json, item);
                if (json.BytesPending >= BytesAtATime)
                {
                    json.Flush();
                    await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                    context.RequestAborted.ThrowIfCancellationRequested();
                }
            }

            json.WriteEndArray();
            end?.Invoke(json);
            json.WriteEndObject();
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes what became of a command.</summary>
    public static Task WriteAsync(HttpContext context, CommandResult result) => WriteAsync(context, json =>
    {
        json.WriteBoolean("durable", result.IsDurable);
        if (result.Problem is { } problem)
        {
            json.WriteString("problem", problem);
        }
    });

    /// <summary>An object as text, for an event.</summary>
    public static string ToText(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, _options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <inheritdoc/>
    public Task TellAsync(HttpContext context, Caller caller, Route? route, WebProblem problem) => WriteAsync(context, json =>
    {
        json.WriteString("error", problem.Message);
        json.WriteString("code", problem.Code);
    });

    private static Utf8JsonWriter Begin(HttpContext context)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return new Utf8JsonWriter(context.Response.BodyWriter, _options);
    }
}
