#!/usr/bin/env bash
# avahi-daemon 0.8-10+deb12u1 of Debian 12: with use-ipv6=no, a service for IPv6 is "established" at once, and nobody can find it.
#
# One would expect: AddService for a protocol that the daemon does not speak is refused, or the group stays in REGISTERING (1).
# Seen: AddService succeeds, and the group is ESTABLISHED (2) at once, without the probing that a service for IPv4 waits for.
# But even the same daemon does not find it: ResolveService ends with TimeoutError. A program that announces for one protocol should
# look for its own service before it says that all is well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get --quiet --quiet download avahi-daemon=0.8-10+deb12u1 libavahi-core7=0.8-10+deb12u1 libavahi-common3=0.8-10+deb12u1 \
  libdaemon0=0.14-7.1 dbus-daemon=1.14.10-1~deb12u1 python3-dbus=1.3.2-4+b1 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb --extract "$package" root; done

cat > avahi.conf <<'END'
[server]
host-name=server
use-ipv4=yes
use-ipv6=no
[wide-area]
enable-wide-area=no
END
cat > bus.conf <<'END'
<busconfig>
  <type>session</type>
  <listen>unix:path=/run/bus</listen>
  <policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
END
cat > ask.py <<'END'
import dbus, time

bus = dbus.SystemBus()
for attempt in range(100):
    if bus.name_has_owner("org.freedesktop.Avahi"):
        break
    time.sleep(0.1)
server = dbus.Interface(bus.get_object("org.freedesktop.Avahi", "/", introspect=False), "org.freedesktop.Avahi.Server")
while server.GetState() != 2:
    time.sleep(0.1)

for name, protocol in ("IPv4", 0), ("IPv6", 1):
    group = bus.get_object("org.freedesktop.Avahi", server.EntryGroupNew(), introspect=False)
    group = dbus.Interface(group, "org.freedesktop.Avahi.EntryGroup")
    group.AddService(-1, protocol, dbus.UInt32(0), name, "_finding._tcp", "", "", dbus.UInt16(1234), dbus.Array([], "ay"))
    group.Commit()
    states = []
    for attempt in range(50):
        state = int(group.GetState())
        if state not in states:
            states.append(state)
        if state == 2:
            break
        time.sleep(0.1)
    try:
        found = server.ResolveService(-1, -1, name, "_finding._tcp", "local", -1, dbus.UInt32(0))[7]
    except dbus.DBusException as error:
        found = error.get_dbus_name()
    print(f"{name}: states {states}, resolved: {found}", flush=True)
END

# All runs in namespaces of its own, which end with the shell in them.
cat > all.sh <<'END'
mount -t tmpfs tmpfs /run
for table in passwd group; do
  { cat /etc/$table; [ $table = passwd ] && echo "avahi:x:64001:64001::/:/bin/false" || echo "avahi:x:64001:"; } > /run/$table
  mount --bind /run/$table /etc/$table
done
ip link add end0 type veth peer name end1
for link in lo end0 end1; do ip link set $link up; done
ip address add 192.0.2.1/24 dev end0
ip address add 2001:db8::1/64 dev end0 nodad
export LD_LIBRARY_PATH=$(echo "$PWD"/root/usr/lib/*-linux-gnu) DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus
root/usr/bin/dbus-daemon --config-file=bus.conf --nofork --nopidfile --nosyslog > bus.log 2>&1 &
while [ ! -S /run/bus ]; do sleep 0.1; done
root/usr/sbin/avahi-daemon --file="$PWD/avahi.conf" --no-drop-root --no-chroot --no-rlimits > avahi.log 2>&1 &
PYTHONPATH=root/usr/lib/python3/dist-packages timeout 60 /usr/bin/python3 ask.py
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu all.sh | tee output
diff output - <<'END' && echo "As stated."
IPv4: states [1, 2], resolved: 192.0.2.1
IPv6: states [2], resolved: org.freedesktop.Avahi.TimeoutError
END
