#!/usr/bin/env bash
# fping 5.1-1 of Debian 12: where any user may ping, it takes every host for down, even 127.0.0.1.
#
# One would expect: without the right to raw sockets fping says so and exits with 4, or, where net.ipv4.ping_group_range lets the
# user ping without that right, it works, as ping of iputils does.
# Seen: it says so (with -q only by its 4) while the range is closed. Once the range is open, it exits with 1, which is what a host
# that is down gives, and without any message of its own. So the looser setting hides the lack of the right. A service that trusts
# fping with the life of others had better ping 127.0.0.1 first, and keep CAP_NET_RAW.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

apt-get --quiet --quiet download fping=5.1-1 iputils-ping=3:20221126-1+deb12u1 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb --extract "$package" .; done

cat > all.sh <<'END'
ip link set lo up
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all "$@"; }
try() { echo "$range, $*: exit $(nobody "$@" > out 2> err && echo 0 || echo $?), errors: $(wc -l < err)"; }
for range in "1 0" "0 2147483647"; do
  sysctl --quiet --write "net.ipv4.ping_group_range=$range"
  try bin/ping -c1 127.0.0.1
  try usr/bin/fping 127.0.0.1
  try usr/bin/fping -q 127.0.0.1
done
END
unshare --net bash all.sh | tee output
diff output - <<'END' && echo "As stated."
1 0, bin/ping -c1 127.0.0.1: exit 2, errors: 3
1 0, usr/bin/fping 127.0.0.1: exit 4, errors: 1
1 0, usr/bin/fping -q 127.0.0.1: exit 4, errors: 0
0 2147483647, bin/ping -c1 127.0.0.1: exit 0, errors: 0
0 2147483647, usr/bin/fping 127.0.0.1: exit 1, errors: 0
0 2147483647, usr/bin/fping -q 127.0.0.1: exit 1, errors: 0
END
