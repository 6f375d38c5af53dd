#!/usr/bin/env bash
# Crossgen 10.0.12 of the .NET SDK (PublishReadyToRun): a plugin's methods that use an assembly which is not published with it are not compiled, silently.
#
# A plugin leaves the assembly of the contract to its host (Private="false"), as it has to. One would expect that PublishReadyToRun compiles the
# whole plugin, as the build has just resolved that reference; or a warning.
# Seen: crossgen is given only what is published, so it knows nothing of the contract. It leaves out each method that uses a type of it, without a
# word at the usual verbosity, and the JIT compiler compiles these at each start. With -r: in PublishReadyToRunCrossgen2ExtraArgs all is compiled.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

mkdir contract plugin host
cat > contract/Contract.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
END
cat > contract/Contract.cs <<'END'
public sealed class Contract { public int Value { get; set; } }
END
cat > plugin/Plugin.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <SelfContained>false</SelfContained>
    <EnableDynamicLoading>true</EnableDynamicLoading>
    <PublishReadyToRun>true</PublishReadyToRun>
  </PropertyGroup>
  <ItemGroup>
    <KnownCrossgen2Pack Update="Microsoft.NETCore.App.Crossgen2" Crossgen2PackVersion="10.0.12" />
    <ProjectReference Include="../contract/Contract.csproj" Private="false" />
  </ItemGroup>
</Project>
END
cat > plugin/Plugin.cs <<'END'
public static class Plugin
{
    public static int WithoutContract(int value) => value + 1;
    public static int WithContract(int value) => new Contract { Value = value }.Value;
}
END
cat > host/Host.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><ProjectReference Include="../contract/Contract.csproj" /></ItemGroup>
</Project>
END
cat > host/Host.cs <<'END'
using System;
using System.Reflection;
using System.Runtime;
using System.Runtime.CompilerServices;

Type plugin = Assembly.LoadFrom(args[0]).GetType("Plugin");
RuntimeHelpers.PrepareMethod(typeof(Contract).GetMethod("get_Value").MethodHandle); // whatever the first use compiles besides
foreach (string name in new[] { "WithoutContract", "WithContract" })
{
    long before = JitInfo.GetCompiledMethodCount(currentThread: true);
    RuntimeHelpers.PrepareMethod(plugin.GetMethod(name).MethodHandle);
    Console.WriteLine($"{name}: {(JitInfo.GetCompiledMethodCount(currentThread: true) == before ? "compiled ahead of time" : "left to the JIT compiler")}");
}
END
dotnet build --verbosity quiet --output host/bin host/Host.csproj > build.log 2>&1 || { cat build.log; exit 1; }

publish() { dotnet publish --verbosity minimal "$@" plugin/Plugin.csproj > publish.log 2>&1 || { cat publish.log; exit 1; }; }
{
    publish --output plain
    echo "warnings: $(grep -ci warning publish.log || true)"
    host/bin/Host "$work/plain/Plugin.dll"
    rm -r plugin/obj plugin/bin
    publish --output referred "-p:PublishReadyToRunCrossgen2ExtraArgs=-r:$work/contract/bin/Release/net10.0/Contract.dll"
    echo "with -r:"
    host/bin/Host "$work/referred/Plugin.dll"
} | tee output
diff output - <<'END' && echo "As stated."
warnings: 0
WithoutContract: compiled ahead of time
WithContract: left to the JIT compiler
with -r:
WithoutContract: compiled ahead of time
WithContract: compiled ahead of time
END
