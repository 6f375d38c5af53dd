#!/usr/bin/env bash
# System.Composition 10.0.15: metadata that an export attribute inherits from its base class is lost, without an error.
#
# One would expect: of a class with [MetadataAttribute] all public properties are metadata, as reflection and serializers see them, so
# that export attributes can have a base class with what they share.
# Seen: only properties count that the attribute's own class declares. The export itself is found, its metadata is empty. With a property
# that hides the base's by "new", it is there. So declare each property again in each attribute.
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

using CompositionHost host = new ContainerConfiguration().WithParts(typeof(First), typeof(Second), typeof(Importer)).CreateContainer();
foreach (Lazy<IPart, IDictionary<string, object>> part in host.GetExport<Importer>().Parts.OrderBy(part => part.Value.GetType().Name))
{
    string metadata = string.Join(", ", part.Metadata.Select(entry => $"{entry.Key} is {entry.Value}"));
    Console.WriteLine($"{part.Value.GetType().Name}: {(metadata.Length == 0 ? "no metadata" : metadata)}");
}

interface IPart;

abstract class NamedAttribute(string name) : ExportAttribute(typeof(IPart))
{
    public string Name => name;
}

[MetadataAttribute]
class InheritingAttribute(string name) : NamedAttribute(name);

[MetadataAttribute]
class DeclaringAttribute(string name) : NamedAttribute(name)
{
    public new string Name => base.Name;
}

[Inheriting("one")]
class First : IPart;

[Declaring("two")]
class Second : IPart;

[Export]
class Importer
{
    [ImportMany]
    public IEnumerable<Lazy<IPart, IDictionary<string, object>>> Parts { get; set; } = [];
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

bin/finding | tee output
diff output - <<'END' && echo "As stated."
First: no metadata
Second: Name is two
END
