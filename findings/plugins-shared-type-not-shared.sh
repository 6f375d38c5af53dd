#!/usr/bin/env bash
# McMaster.NETCore.Plugins 2.0.0 with System.Composition 10.0.15: a plugin's export vanishes, without an error, in spite of sharedTypes.
#
# One would expect: sharedTypes = [the contract] makes the plugin use the host's contract, so that its export is found; and a plugin
# that was built against a newer contract is refused with an error that names the versions.
# Seen: the export is found only if the assembly of ExportAttribute is shared too; otherwise the class implements the host's contract and
# still exports nothing. And if the plugin's copy of the contract is newer than the host's, it is loaded in spite of sharedTypes: the
# class implements another contract of the same name. Each time GetExports gives an empty list, as for a plugin without exports.
# So share both, and look in the plugin's load context for a copy of either.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

mkdir contract plugin finding
cat > contract/contract.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
END
echo "public interface IGreeting;" > contract/Contract.cs
cat > plugin/plugin.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><EnableDynamicLoading>true</EnableDynamicLoading></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="System.Composition.AttributedModel" Version="[10.0.15]" />
    <ProjectReference Include="../contract/contract.csproj" />
  </ItemGroup>
</Project>
END
cat > plugin/Plugin.cs <<'END'
[System.Composition.Export(typeof(IGreeting))]
public class Greeting : IGreeting;
END
cat > finding/finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="McMaster.NETCore.Plugins" Version="[2.0.0]" />
    <PackageReference Include="System.Composition" Version="[10.0.15]" />
    <ProjectReference Include="../contract/contract.csproj" />
  </ItemGroup>
</Project>
END
cat > finding/Program.cs <<'END'
using System;
using System.Composition;
using System.Composition.Hosting;
using System.IO;
using System.Linq;
using System.Reflection;
using McMaster.NETCore.Plugins;

foreach (string folder in args)
{
    foreach (Type[] shared in (Type[][])[[typeof(IGreeting)], [typeof(IGreeting), typeof(ExportAttribute)]])
    {
        Assembly plugin = PluginLoader.CreateFromAssemblyFile(Path.GetFullPath($"{folder}/plugin.dll"), shared).LoadDefaultAssembly();
        bool implements = plugin.GetType("Greeting")!.IsAssignableTo(typeof(IGreeting));
        using CompositionHost host = new ContainerConfiguration().WithAssembly(plugin).CreateContainer();
        Console.WriteLine($"{folder}, shared {string.Join(" and ", shared.Select(type => type.Name))}: "
            + $"implements the contract: {implements}, exports: {host.GetExports<IGreeting>().Count()}");
    }
}
END
build() { dotnet build --verbosity quiet "$@" > build.log 2>&1 || { cat build.log; exit 1; }; }
build --output bin finding
build --output "same contract" plugin
build --output "newer contract" --no-incremental -p:AssemblyVersion=2.0.0.0 plugin

bin/finding "same contract" "newer contract" | tee output
diff output - <<'END' && echo "As stated."
same contract, shared IGreeting: implements the contract: True, exports: 0
same contract, shared IGreeting and ExportAttribute: implements the contract: True, exports: 1
newer contract, shared IGreeting: implements the contract: False, exports: 0
newer contract, shared IGreeting and ExportAttribute: implements the contract: False, exports: 0
END
