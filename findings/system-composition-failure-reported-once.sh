#!/usr/bin/env bash
# System.Composition 10.0.15: one part that cannot be satisfied hides all others, and the error is told only once.
#
# One would expect: GetExports leaves out the part whose import is missing, or throws each time.
# Seen: the first GetExports throws CompositionFailedException; each later call on the same host gives an empty list, without the
# sound parts and without an error. The same with ExportFactory, with which nothing is constructed yet. Code that tries again after a
# failure takes "nothing was exported" for the truth. So give each plugin a host of its own, and do not ask a host again that threw.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="System.Composition" Version="[10.0.15]" /></ItemGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.Collections.Generic;
using System.Composition;
using System.Composition.Hosting;
using System.Linq;

Ask("parts", host => host.GetExports<IPart>());
Ask("factories", host => host.GetExports<ExportFactory<IPart>>());

static void Ask(string what, Func<CompositionHost, IEnumerable<object>> exports)
{
    using CompositionHost host = new ContainerConfiguration().WithPart<Sound>().WithPart<Unsatisfied>().CreateContainer();
    for (int i = 1; i <= 3; i++)
    {
        try
        {
            Console.WriteLine($"{what}, query {i}: {exports(host).Count()}");
        }
        catch (CompositionFailedException)
        {
            Console.WriteLine($"{what}, query {i}: CompositionFailedException");
        }
    }
}

interface IPart;

interface IMissing;

[Export(typeof(IPart))]
class Sound : IPart;

[Export(typeof(IPart))]
class Unsatisfied : IPart
{
    [Import]
    public IMissing Missing { get; set; } = null!;
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

bin/finding | tee output
diff output - <<'END' && echo "As stated."
parts, query 1: CompositionFailedException
parts, query 2: 0
parts, query 3: 0
factories, query 1: CompositionFailedException
factories, query 2: 0
factories, query 3: 0
END
