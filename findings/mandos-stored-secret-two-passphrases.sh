#!/usr/bin/env bash
# mandos 1.8.16-1 of Debian 12: the passphrase of a client's stored secret changes its form with the length of the secret.
#
# When the server ends it stores the secret of each client in clients.pickle, encrypted by gpg with a passphrase that it makes of the
# secret in clients.conf.
# One would expect: the passphrase is made in one way, or is a hash of one length.
# Seen: up to 1021 bytes it is "mandos" and the secret in hexadecimal. From 1022 bytes on it is "mandos" and the secret itself, in which
# line feeds, backslashes and zeros are escaped and other bytes, such as 255, stand as they are. Secrets are OpenPGP messages, of which
# some are shorter and some longer. So a program that takes such a state over has to know both forms.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

apt-get --quiet --quiet download mandos=1.8.16-1 dbus-daemon=1.14.10-1~deb12u1 python3-dbus=1.3.2-4+b1 python3-gi=3.42.2-3+b1 \
  gir1.2-glib-2.0=1.74.0-3 libgirepository-1.0-1=1.74.0-3 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb --extract "$package" root; done
mkdir conf state bin
{
  echo "[DEFAULT]"
  for length in 1 1021 1022; do
    secret=$({ printf '\n\\\0\377'; printf 'a%.0s' {1..1100}; } | head --bytes=$length | base64 --wrap=0)
    printf '[length%d]\nfingerprint = %040d\nsecret = %s\n' $length $length "$secret"
  done
} > conf/clients.conf
# The server asks gpgconf where gpg is. This gpg notes the passphrase and calls the real one.
cat > bin/gpgconf <<END
#!/bin/sh
echo gpg:OpenPGP:$work/bin/gpg
END
cat > bin/gpg <<END
#!/bin/sh
for argument; do
  [ "\$previous" != --passphrase-file ] ||
    { wc -c < "\$argument"; head -c 25 "\$argument" | cat -v; echo; } | paste --delimiters=: - - >> $work/state/passphrases
  previous=\$argument
done
exec $(command -v gpg) "\$@"
END
chmod +x bin/*
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
export PATH=$PWD/bin:$PATH DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
export LD_LIBRARY_PATH=$(echo "$PWD"/root/usr/lib/*-linux-gnu)
export GI_TYPELIB_PATH=$LD_LIBRARY_PATH/girepository-1.0
root/usr/bin/dbus-daemon --config-file=bus.conf --nofork --nopidfile --nosyslog > bus.log 2>&1 &
while [ ! -S /run/bus ]; do sleep 0.1; done
/usr/bin/python3 root/usr/sbin/mandos --foreground --no-dbus --no-zeroconf --configdir=conf --statedir=state --address=::1 --port=4444 \
  > server.log 2>&1 &
server=$!
for attempt in {1..200}; do
  if [ "$(wc -l < /proc/net/tcp6)" -gt 1 ]; then break; fi
  sleep 0.1
done
kill $server
wait $server || { cat server.log; exit 1; }
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu all.sh
sort --numeric-sort state/passphrases | tee output
diff output - <<'END' && echo "As stated."
8:mandos0a
1033:mandos\n\\\x00M-^?aaaaaaaaaa
2048:mandos0a5c00ff61616161616
END
