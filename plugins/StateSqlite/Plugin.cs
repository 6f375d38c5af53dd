using System.Runtime.Versioning;
using Mandos.Abstractions.Plugins;

[assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]
[assembly: SupportedOSPlatform("linux")]
