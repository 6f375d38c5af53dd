using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Access;

/// <summary>A certificate by which a client signs in.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Scope">What its holder may do.</param>
internal sealed record ListedCertificate(string Name, Scope Scope);
