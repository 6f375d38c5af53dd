#!/usr/bin/env bash
# System.CommandLine 2.0.15: "--option=" has no value, not an empty one; and a value that begins with @ names a file to be read.
#
# One would expect: as with getopt and argparse, "--option=" gives the empty value, as "--option" with an empty argument does; and what
# follows an option that takes a value is that value, whatever it begins with.
# Seen: "--option=" is refused as an option without its argument. A value @... in an argument of its own is replaced by the words of that
# file; behind "=" it is taken as it is. A program that passes on values of others, or replaces one whose users write "--option=", has
# to turn the first into two arguments, and to set ResponseFileTokenReplacer to null.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="System.CommandLine" Version="[2.0.15]" /></ItemGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.CommandLine;
using System.Linq;

var option = new Option<string>("--option");
var command = new RootCommand { option };
var literal = new ParserConfiguration { ResponseFileTokenReplacer = null };
foreach (string[] line in (string[][])[["--option", ""], ["--option="], ["--option", "@words"], ["--option=@words"]])
{
    Show("", line, null);
}

Show("no replacer: ", ["--option", "@words"], literal);

void Show(string how, string[] line, ParserConfiguration? configuration)
{
    ParseResult result = command.Parse(line, configuration);
    string seen = result.Errors.Count == 0 ? $"\"{result.GetValue(option)}\"" : result.Errors[0].Message;
    Console.WriteLine($"{how}{string.Join(' ', line.Select(word => word.Length == 0 ? "\"\"" : word))}: {seen}");
}
END
echo "from-the-file" > words
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

bin/finding | tee output
diff output - <<'END' && echo "As stated."
--option "": ""
--option=: Required argument missing for option: '--option'.
--option @words: "from-the-file"
--option=@words: "@words"
no replacer: --option @words: "@words"
END
