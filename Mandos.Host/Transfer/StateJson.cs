using System.Text.Json.Serialization;

namespace Mandos.Host.Transfer;

/// <summary>How exported state is written as JSON: strictly, so that nothing that was meant is passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    MaxDepth = StateFileLimits.Depth,
    WriteIndented = true)]
[JsonSerializable(typeof(StateDocument))]
internal sealed partial class StateJson : JsonSerializerContext;

/// <summary>Reads the version alone, whatever else there is.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = StateFileLimits.Depth)]
[JsonSerializable(typeof(StateDocument.Head))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class StateHeadJson : JsonSerializerContext;
