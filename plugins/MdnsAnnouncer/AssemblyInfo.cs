using Mandos.Abstractions.Plugins;

[assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]
