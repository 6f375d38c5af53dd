# Not tried with nixpkgs, nor on NixOS: Debian's nix builds it in tests/recipes, with a stand-in for stdenv that has no libraries to put in.
#
#   ./build --tar && nix-build -E 'with import <nixpkgs> {}; callPackage packaging/nix/package.nix { archive = artifacts/mandos-server-dotnet-0.1.0-linux-amd64.tar.xz; }'
{ stdenv, autoPatchelfHook, openssl, zlib, archive }:

stdenv.mkDerivation {
  pname = "mandos-server-dotnet";
  version = "0.1.0";
  src = archive;

  # The programs look for the C library, and .NET for OpenSSL, where NixOS has them.
  nativeBuildInputs = [ autoPatchelfHook ];
  buildInputs = [ stdenv.cc.cc.lib zlib openssl ];
  runtimeDependencies = [ openssl ];
  dontStrip = true;

  installPhase = ''
    patchShebangs install packaging/install
    ./install --files-only build
    mkdir -p $out
    cp -r build/usr/* $out/
    mv $out/sbin $out/bin
    # As a place to look from: /etc/mandos is the administrator's
    mkdir -p $out/share/doc/mandos
    cp -r build/etc/mandos $out/share/doc/mandos/examples
    for unit in $out/lib/systemd/system/*; do
      substituteInPlace $unit --replace-quiet /usr/sbin/mandos $out/bin/mandos --replace-quiet /bin/kill /run/current-system/sw/bin/kill
    done
  '';

  meta = {
    description = "Server giving disk passwords to Mandos clients, in C#";
    platforms = [ "x86_64-linux" "aarch64-linux" ];
    mainProgram = "mandos";
  };
}
