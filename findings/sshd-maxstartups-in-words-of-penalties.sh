#!/usr/bin/env bash
# OpenSSH 10.0p1-7+deb13u4 of Debian 13: an sshd without a free place says the same as one that punishes an address.
#
# One would expect: a server without a free place (MaxStartups) says "Exceeded MaxStartups" in clear text before it hangs up, as OpenSSH 9.2 of Debian 12
# does, and "Not allowed at this time" only if it punishes the address (PerSourcePenalties), which a program can tell apart: wait for a place, or leave
# it alone.
# Seen: it says "Not allowed at this time" for want of a place, also with PerSourcePenalties switched off; only its own log has the reason. So a program
# that asks whether a host is up has to try again after these words too, and must not look for the name of the option in them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# An apt of its own, for Debian 13 from where this machine has its Debian.
mkdir -p lists cache/archives/partial
# shellcheck disable=SC2016  # the format is apt-get's
mirror=$(apt-get indextargets --format '$(SITE)' "Created-By: Packages" "Origin: Debian" | head -n 1)
echo "deb $mirror trixie main" > sources
cat > apt.conf <<END
Dir::Etc { SourceList "$work/sources"; SourceParts "-"; };
Dir::State { Lists "$work/lists"; status "/dev/null"; };
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
END
{
  APT_CONFIG=$work/apt.conf apt-get --quiet --quiet update
  APT_CONFIG=$work/apt.conf apt-get --quiet --quiet --yes --no-install-recommends --download-only install \
    openssh-server=1:10.0p1-7+deb13u4 openssh-client=1:10.0p1-7+deb13u4 base-files
} > apt.log 2>&1 || { cat apt.log; exit 1; }
mkdir root
for package in cache/archives/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory=root; done

cat > root/sshd.conf <<END
ListenAddress 127.0.0.1:2222
HostKey /key
MaxStartups 1
PerSourcePenalties no
PidFile none
END
printf '%s\n' root:x:0:0::/:/bin/sh sshd:x:64002:65534::/run/sshd:/bin/false > root/etc/passwd
mkdir -p root/run/sshd
# All runs in namespaces of its own, which end with the shell in them.
cat > all.sh <<'END'
ip link set lo up
mount -t tmpfs -o mode=755 none root/dev
for device in null urandom random; do touch root/dev/$device; mount --bind /dev/$device root/dev/$device; done
mount -t proc none root/proc
chroot root /usr/bin/ssh-keygen -q -t ed25519 -N "" -f /key
chroot root /usr/sbin/sshd -D -e -f /sshd.conf > sshd.log 2>&1 &
while ! grep -q :08AE /proc/net/tcp; do sleep 0.1; done
exec {taken}<> /dev/tcp/127.0.0.1/2222
echo "place free: $(head -c 7 <&$taken)"
echo "place taken: $(head -n 1 < /dev/tcp/127.0.0.1/2222 | tr -d '\r')"
echo "the log names MaxStartups: $(grep -ic maxstartups sshd.log)"
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu all.sh | tee output
diff output - <<'END' && echo "As stated."
place free: SSH-2.0
place taken: Not allowed at this time
the log names MaxStartups: 1
END
