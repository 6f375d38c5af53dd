# Not tried on NixOS: Debian's nix evaluates it in tests/recipes, with a stand-in for the functions of nixpkgs.
#
# The service for NixOS: services.mandos = { enable = true; package = ...; }. Its files are those in /etc/mandos, written by hand, as they hold secrets,
# which must not be in the store.
{ config, lib, pkgs, ... }:

let
  settings = config.services.mandos;
in
{
  options.services.mandos = {
    enable = lib.mkEnableOption "the Mandos server, which gives disk passwords to machines that boot";
    package = lib.mkOption {
      type = lib.types.package;
      description = "The server, as packaging/nix/package.nix makes it.";
    };
    port = lib.mkOption {
      type = lib.types.nullOr lib.types.port;
      default = null;
      description = "The port in mandos.conf, to be opened in the firewall; clients learn it by Zeroconf.";
    };
  };

  config = lib.mkIf settings.enable {
    environment.systemPackages = [ settings.package ];
    systemd.packages = [ settings.package ];
    systemd.tmpfiles.packages = [ settings.package ];
    services.dbus.packages = [ settings.package ];
    # Checks of clients
    systemd.services.mandos.path = [ pkgs.bash pkgs.fping ];
    systemd.services.mandos.wantedBy = [ "multi-user.target" ];
    users.users._mandos = { isSystemUser = true; group = "_mandos"; description = "Mandos server"; };
    users.groups._mandos = { };
    networking.firewall.allowedTCPPorts = lib.optional (settings.port != null) settings.port;
  };
}
