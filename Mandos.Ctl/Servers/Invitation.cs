namespace Mandos.Ctl.Servers;

/// <summary>An invitation; all times as texts, empty for none.</summary>
internal sealed record Invitation(string Name, string Created, string Until, string Arrived, string Address, string KeyId);
