using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Mandos.Host.Transfer;

/// <summary>How exported state is written as JSON: strictly, so that nothing that was meant is passed over.</summary>
[JsonSerializable(typeof(StateDocument))]
internal sealed partial class StateJson : JsonSerializerContext
{
    private static readonly StateJson _all = new StateJson(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        MaxDepth = StateFileLimits.Depth,
        WriteIndented = true,
    });

    /// <summary>How the whole document is written and read.</summary>
    public static JsonTypeInfo<StateDocument> Document { get; } = (JsonTypeInfo<StateDocument>)_all.GetTypeInfo(typeof(StateDocument))!;
}
