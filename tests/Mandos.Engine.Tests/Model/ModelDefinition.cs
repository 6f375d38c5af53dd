using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Tests.Model;

/// <summary>A client in the file, or as a command added it.</summary>
internal sealed record ModelDefinition(string Name, ClientSettings Settings, bool Enabled, string Secret);
