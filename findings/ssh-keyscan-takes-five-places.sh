#!/usr/bin/env bash
# OpenSSH 9.2p1-2+deb12u10 of Debian 12: ssh-keyscan itself fills the places of an idle server, and takes the rest for no host.
#
# One would expect: ssh-keyscan asks a server over one connection, or one after the other, and an idle server shows its key. A server
# without a free place says "Exceeded MaxStartups" in clear text before it hangs up, so one would see that.
# Seen: it opens a connection for each type of key at once, five by default. A server that has one place (MaxStartups 1) drops the
# others, and the one that it takes is for a type that it does not have: no key, exit 1. With -t and the right type there is a key. Where
# another has the place there is none; the server's line is not shown, and the exit is that of a port where nobody listens. So in a check
# of whether a host is up, give -t, and do not take one failure for a host that is down.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get --quiet --quiet download openssh-server=1:9.2p1-2+deb12u10 openssh-client=1:9.2p1-2+deb12u10 libwrap0=7.6.q-32 2> apt.log ||
  { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb --extract "$package" root; done

cat > sshd.conf <<END
ListenAddress 127.0.0.1:2222
HostKey $work/key
MaxStartups 1
PidFile none
END
# All runs in namespaces of its own, which end with the shell in them.
cat > all.sh <<'END'
mount -t tmpfs tmpfs /run
mkdir /run/sshd
{ cat /etc/passwd; echo "sshd:x:64002:65534::/run/sshd:/bin/false"; } > /run/passwd
mount --bind /run/passwd /etc/passwd
ip link set lo up
export LD_LIBRARY_PATH=$(echo "$PWD"/root/usr/lib/*-linux-gnu):$(echo "$PWD"/root/lib/*-linux-gnu)
root/usr/bin/ssh-keygen -q -t ed25519 -N "" -f key
"$PWD/root/usr/sbin/sshd" -D -e -f sshd.conf > sshd.log 2>&1 &
server=$!
while ! grep -q :08AE /proc/net/tcp; do sleep 0.1; done
scan() {
  # Those that have just left make place.
  while [ -n "$(cat /proc/$server/task/$server/children)" ] && [ -z "${taken:-}" ]; do sleep 0.1; done
  exit=$(root/usr/bin/ssh-keyscan "${@:2}" 127.0.0.1 > keys 2> errors && echo 0 || echo $?)
  echo "$1: exit $exit, keys: $(grep -c ' ssh-ed25519 ' keys), the server's reason shown: $(grep -c Exceeded errors)"
}
scan "idle" -p 2222
scan "idle, one type" -p 2222 -t ed25519
scan "nobody listens, one type" -p 2223 -t ed25519
exec {taken}<> /dev/tcp/127.0.0.1/2222
head -n 1 <&$taken > banner
scan "place taken, one type" -p 2222 -t ed25519
echo "place taken, what the server says: $(head -n 1 < /dev/tcp/127.0.0.1/2222 | tr -d '\r')"
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu all.sh | tee output
diff output - <<'END' && echo "As stated."
idle: exit 1, keys: 0, the server's reason shown: 0
idle, one type: exit 0, keys: 1, the server's reason shown: 0
nobody listens, one type: exit 1, keys: 0, the server's reason shown: 0
place taken, one type: exit 1, keys: 0, the server's reason shown: 0
place taken, what the server says: Exceeded MaxStartups
END
