#!/usr/bin/env bash
# fping 5.1-1 of Debian 12: with many silent hosts of one link in a run, it calls hosts unreachable that it has not sent its pings to.
#
# One would expect: each host of a run gets its four pings within 4 s, as it does alone, and is unreachable if it answers none.
# Seen: the kernel keeps what is sent to a neighbour whose hardware address it still looks for, and counts it as the socket's
# (wmem_default in socket(7)). 64 silent neighbours fit. With 250 there is no room for the second or third ping: fping says "error while
# sending ping: No buffer space available", gives that host up at once, and says "is unreachable" like of one that was pinged four
# times. A program that asks about many hosts at once should keep its runs small, and ask again about each host with such an error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 777 "$work"
cd "$work"

apt-get --quiet --quiet download fping=5.1-1 2> apt.log || { cat apt.log; exit 1; }
dpkg-deb --extract fping_*.deb root

cat > all.sh <<'END2'
ip link add end0 type veth peer name end1
for link in lo end0 end1; do ip link set $link up; done
ip address add 10.9.0.1/16 dev end0
for count in 64 250; do
  mapfile -t silent < <(for ((i = 0; i < count; i++)); do echo "10.9.$((1 + i / 200)).$((1 + i % 200))"; done)
  root/usr/bin/fping -i 1 -- "${silent[@]}" > out 2>&1 || true
  echo "$count silent: $(grep -c 'is unreachable$' out) unreachable, $(grep -c 'error while sending ping: No buffer space' out || true) of them not sent"
done
END2
unshare --net bash -eu all.sh | tee output
diff output - <<'END2' && echo "As stated."
64 silent: 64 unreachable, 0 of them not sent
250 silent: 250 unreachable, 250 of them not sent
END2
