using System.Runtime.Versioning;
using Mandos.EndToEnd.Tests.Harness;

[assembly: AssemblyFixture(typeof(ClientKeys))]
[assembly: SupportedOSPlatform("linux")]
