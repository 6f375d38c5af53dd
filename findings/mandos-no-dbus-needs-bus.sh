#!/usr/bin/env bash
# mandos 1.8.16-1 of Debian 12: with --no-dbus and --no-zeroconf it still does not start without a system bus.
#
# One would expect: D-Bus is for the control interface and for avahi-daemon, so a server that is told to use neither needs no bus, and
# runs in a container without one.
# Seen: it ends with a DBusException of the socket that is not there. With a bus on which nobody else is, it listens. So whatever
# starts it, for tests too, has to give it a bus.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

apt-get --quiet --quiet download mandos=1.8.16-1 dbus-daemon=1.14.10-1~deb12u1 python3-dbus=1.3.2-4+b1 python3-gi=3.42.2-3+b1 \
  gir1.2-glib-2.0=1.74.0-3 libgirepository-1.0-1=1.74.0-3 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb --extract "$package" root; done
mkdir conf state
echo "[DEFAULT]" > conf/clients.conf
# The server becomes nobody if it does not find its own user.
chown 65534:65534 state
cat > bus.conf <<'END'
<busconfig>
  <type>session</type>
  <listen>unix:path=/run/bus</listen>
  <policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
END
# All runs in namespaces of its own, which end with the shell in them.
cat > all.sh <<'END'
mount -t tmpfs tmpfs /run
ip link set lo up
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
export LD_LIBRARY_PATH=$(echo "$PWD"/root/usr/lib/*-linux-gnu)
export GI_TYPELIB_PATH=$LD_LIBRARY_PATH/girepository-1.0
try() {
  /usr/bin/python3 root/usr/sbin/mandos --foreground --no-dbus --no-zeroconf --configdir=conf --statedir=state --address=::1 \
    --port=4444 > server.log 2>&1 &
  server=$!
  seen="neither ended nor listened in time"
  for attempt in {1..200}; do
    if ! kill -0 $server 2> kill.log; then
      seen="exit $(wait $server && echo 0 || echo $?)"
      break
    elif grep -q :115C /proc/net/tcp6; then
      seen="listens on port 4444"
      break
    fi
    sleep 0.1
  done
  echo "$1: $seen"
  grep -o "^dbus.exceptions[^ ]* [^ ]*" server.log || true
}
try "without a bus"
root/usr/bin/dbus-daemon --config-file=bus.conf --nofork --nopidfile --nosyslog > bus.log 2>&1 &
while [ ! -S /run/bus ]; do sleep 0.1; done
try "with a bus"
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu all.sh | tee output
diff output - <<'END' && echo "As stated."
without a bus: exit 1
dbus.exceptions.DBusException: org.freedesktop.DBus.Error.FileNotFound:
with a bus: listens on port 4444
END
