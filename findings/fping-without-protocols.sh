#!/usr/bin/env bash
# fping 5.1-1 of Debian 12: on a machine without /etc/protocols it pings nobody, and exits as if it had no right to.
#
# One would expect: the number of ICMP is the same everywhere (1, RFC 792), so a program for pings needs no file to look it up; and with -q, the exit
# status tells what is missing.
# Seen: /etc/protocols comes with netbase, which small containers leave out. Without it fping exits with 4, for root too, and says
# nothing, with -q and without; 4 is what it gives for want of the right to raw sockets as well. ping of iputils does not look it up. So who explains a 4 had
# better look for the file.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get --quiet --quiet download fping=5.1-1 iputils-ping=3:20221126-1+deb12u1 netbase=6.4 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb --extract "$package" .; done

cat > all.sh <<'END'
ip link set lo up
[ -e /etc/protocols ] || { mkdir lower; cp -a /etc lower; touch lower/etc/protocols; mount --bind lower/etc /etc; }
try() { echo "$file, $*: exit $("$@" > out 2> err && echo 0 || echo $?), errors: $(wc -c < err) bytes"; }
: > empty
for file in etc/protocols empty; do
  mount --bind "$file" /etc/protocols
  try bin/ping -c1 127.0.0.1
  try usr/bin/fping 127.0.0.1
  try usr/bin/fping -q 127.0.0.1
done
END
unshare --net --mount bash all.sh | tee output
diff output - <<'END' && echo "As stated."
etc/protocols, bin/ping -c1 127.0.0.1: exit 0, errors: 0 bytes
etc/protocols, usr/bin/fping 127.0.0.1: exit 0, errors: 0 bytes
etc/protocols, usr/bin/fping -q 127.0.0.1: exit 0, errors: 0 bytes
empty, bin/ping -c1 127.0.0.1: exit 0, errors: 0 bytes
empty, usr/bin/fping 127.0.0.1: exit 4, errors: 0 bytes
empty, usr/bin/fping -q 127.0.0.1: exit 4, errors: 0 bytes
END
