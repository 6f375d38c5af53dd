#!/usr/bin/env bash
# GnuTLS 3.8.9-3+deb13u4 of Debian 13: takes a priority word for an algorithm that it does not have, and never offers it.
#
# One would expect: +SIGN-ML-DSA-44 is refused where the library was built without ML-DSA, as a word that it does not know is; or, as
# the word is taken and listed, the algorithm (9.4 in TLS) is offered to the peer.
# Seen: gnutls-cli --list with that priority names SIGN-ML-DSA-44. A client hello with it has the same algorithms as without it. If it
# is to be the only one the hello offers none, and the server refuses it with a general alert. certtool, asked for such a key, says
# that it has no such algorithm. So a priority string that is taken proves nothing: look at a handshake.
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
    gnutls-bin=3.8.9-3+deb13u4 libgnutls30t64=3.8.9-3+deb13u4
} > apt.log 2>&1 || { cat apt.log; exit 1; }
for package in cache/archives/*.deb; do dpkg-deb --extract "$package" root; done

# All runs in namespaces of its own, which end with the shell in them.
cat > all.sh <<'END'
ip link set lo up
libraries=$(echo root/usr/lib/*-linux-gnu)
run() { "$libraries"/ld-linux-*.so.2 --library-path "$libraries" "root/usr/bin/$1" "${@:2}"; }
printf '%s\n' "cn = server" tls_www_server signing_key > template
run certtool --generate-privkey --key-type=ed25519 --outfile key 2> certtool.log
run certtool --generate-self-signed --load-privkey key --template template --outfile certificate 2>> certtool.log
run gnutls-serv --port 4433 --x509keyfile key --x509certfile certificate > server.log 2>&1 &
while ! grep -q :1151 /proc/net/tcp; do sleep 0.1; done

echo "key: $(run certtool --generate-privkey --key-type=mldsa44 2>&1 | tail -n 1)"
for priority in NORMAL:+SIGN-UNKNOWN NORMAL NORMAL:+SIGN-ML-DSA-44 NORMAL:-SIGN-ALL:+SIGN-ML-DSA-44; do
  taken=$(run gnutls-cli --list --priority "$priority" 2>&1 | grep -o -e "^Syntax error" -e "^PK-signatures: .*" || true)
  case $taken in
    PK*ML-DSA-44*) taken="taken, listed" ;;
    PK*) taken="taken" ;;
  esac
  exit=0
  run gnutls-cli --insecure --debug 4 --port 4433 --priority "$priority" 127.0.0.1 < /dev/null > client.log 2>&1 || exit=$?
  echo "$priority: $taken, offers $(grep -c "sent signature algo" client.log), of them 9.4: $(grep -c "algo (9.4)" client.log), exit $exit"
  grep -F "*** Received alert" client.log || true
done
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu all.sh | tee output
diff output - <<'END' && echo "As stated."
key: privkey_generate: The signature algorithm is not supported.
NORMAL:+SIGN-UNKNOWN: Syntax error, offers 0, of them 9.4: 0, exit 1
NORMAL: taken, offers 16, of them 9.4: 0, exit 0
NORMAL:+SIGN-ML-DSA-44: taken, listed, offers 16, of them 9.4: 0, exit 0
NORMAL:-SIGN-ALL:+SIGN-ML-DSA-44: taken, listed, offers 0, of them 9.4: 0, exit 1
*** Received alert [40]: Handshake failed
END
