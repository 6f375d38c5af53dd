#!/usr/bin/env bash
# Caddy 2.6.2-5 of Debian 12: the directive basic_auth of Caddy's documentation is unknown.
#
# One would expect: a Caddyfile with basic_auth, as today's documentation and its examples have it, works with a Caddy 2.
# Seen: "unrecognized directive: basic_auth", and Caddy does not start. The directive is called so since 2.8; before it was basicauth, which later
# versions still take. So a Caddyfile for both says basicauth.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get --quiet --quiet download caddy=2.6.2-5 2> apt.log || { cat apt.log; exit 1; }
dpkg-deb --extract caddy_*.deb root
export HOME=$work XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work
hash=$(root/usr/bin/caddy hash-password --plaintext secret)
for directive in basic_auth basicauth; do
  printf '{\n\tadmin off\n}\nhttp://127.0.0.1:8080 {\n\t%s {\n\t\talice %s\n\t}\n\trespond ok\n}\n' $directive "$hash" > Caddyfile
  if root/usr/bin/caddy validate --adapter caddyfile --config Caddyfile > $directive.log 2>&1; then echo "$directive: good"; else tail -n 1 $directive.log; fi
done > seen
cat seen
grep -q "unrecognized directive: basic_auth$" seen
grep -qx "basicauth: good" seen
