using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Mandos.Host.Transfer;

/// <summary>Reads the version alone, whatever else there is, and writes single values.</summary>
[JsonSerializable(typeof(StateDocument.Head))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class StateHeadJson : JsonSerializerContext
{
    private static readonly StateHeadJson _all = new StateHeadJson(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        MaxDepth = StateFileLimits.Depth,
    });

    /// <summary>How a value is written and read.</summary>
    /// <typeparam name="T">One of the types above.</typeparam>
    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)_all.GetTypeInfo(typeof(T))!;
}
