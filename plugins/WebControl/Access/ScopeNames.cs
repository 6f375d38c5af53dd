using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Access;

/// <summary>Scopes as people write them.</summary>
internal static class ScopeNames
{
    /// <summary>The scope of a name; null if there is none.</summary>
    public static Scope? Parse(string? name) => name switch
    {
        "read" => Scope.Read,
        "approve" => Scope.Approve,
        "admin" => Scope.Admin,
        _ => null,
    };
}
