using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Access;

/// <summary>At the listener for metrics: knows nobody, and looks at nothing.</summary>
internal sealed class OpenDoorkeeper : IDoorkeeper
{
    /// <inheritdoc/>
    public ValueTask<Caller> AdmitAsync(HttpContext context) => ValueTask.FromResult(Caller.Unknown);
}
