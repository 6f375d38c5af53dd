#!/usr/bin/env bash
# GnuTLS 3.7.9-2+deb12u7 of Debian 12: gnutls-cli --strict-tofu takes a known key's hash in capital hexadecimal digits for another key's.
#
# A line |c0|HOST|SERVICE|EXPIRY|6|HASH of ~/.gnutls/known_hosts pins a server by the SHA-256 of its public key, where * is any host or service. One would expect:
# the hash is hexadecimal, so that A and a are the same; or such a line is malformed, and the host unknown.
# Seen: with small letters the server is accepted. With capitals, as certtool --key-id and openssl may print them, gnutls-cli says that the host is known
# with a different key, and ends. So write a pin in small letters.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get -qq download gnutls-bin=3.7.9-2+deb12u7 libgnutls30=3.7.9-2+deb12u7 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb --extract "$package" root; done
LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
PATH=$work/root/usr/bin:$PATH
export LD_LIBRARY_PATH PATH

# The namespace ends with the shell in it, and the server with that.
cat > all.sh <<'END'
ip link set lo up
printf '%s\n' "cn = server" tls_www_server signing_key > template
certtool --generate-privkey --key-type=ed25519 --outfile key 2> certtool.log
certtool --generate-self-signed --load-privkey key --template template --outfile certificate 2>> certtool.log
gnutls-serv --port 4433 --echo --x509keyfile key --x509certfile certificate > server.log 2>&1 &
for _ in $(seq 100); do if (: < /dev/tcp/127.0.0.1/4433) 2> /dev/null; then break; fi; sleep 0.1; done
hash=$(certtool --load-certificate certificate --pubkey-info --outder 2>> certtool.log | sha256sum | cut -d' ' -f1)
mkdir -p .gnutls
for pin in "$hash" "${hash^^}"; do
  echo "|c0|*|*|0|6|$pin" > .gnutls/known_hosts
  echo hello | HOME=$PWD timeout 20 gnutls-cli --strict-tofu --no-ca-verification --logfile=/dev/null --port 4433 127.0.0.1 > out 2> err && echo "taken: $(cat out)" || echo "refused: $(grep -o 'associated with a different key' err)"
done
END
unshare --net bash all.sh > seen
printf '%s\n' "taken: hello" "refused: associated with a different key" > expected
diff expected seen && cat seen
