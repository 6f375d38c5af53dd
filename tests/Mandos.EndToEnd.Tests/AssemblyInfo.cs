using System.Runtime.Versioning;
using Mandos.EndToEnd.Tests.Harness;

[assembly: AssemblyFixture(typeof(ClientKeys))]
// Most of the time tests wait, for processes, deadlines and the network: more of them at once than there are processors.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
[assembly: SupportedOSPlatform("linux")]
