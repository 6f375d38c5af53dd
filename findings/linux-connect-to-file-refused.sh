#!/usr/bin/env bash
# Linux: connect(2) to the path of an ordinary file, a directory or a FIFO says ECONNREFUSED, as to a socket at which nobody listens any more.
#
# One would expect: ENOTSOCK, or EINVAL, so that a server which finds ECONNREFUSED may take the path for a socket that a dead server has left,
# and remove it.
# Seen: the same error for all. A server that removes what refuses it removes a file of somebody's; it has to ask lstat(2) for the type before.
# (unix(7) says so in passing.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seen=$(python3 - "$work" <<'END2'
import errno, os, socket, sys
os.chdir(sys.argv[1])
open('file', 'w').close()
os.mkdir('directory')
os.mkfifo('fifo')
with socket.socket(socket.AF_UNIX) as dead:
    dead.bind('socket')
for name in ('socket', 'file', 'directory', 'fifo'):
    with socket.socket(socket.AF_UNIX) as probe:
        print(name, errno.errorcode[probe.connect_ex(name)])
END2
)
echo "$seen"
expected='socket ECONNREFUSED
file ECONNREFUSED
directory ECONNREFUSED
fifo ECONNREFUSED'
[ "$seen" = "$expected" ] || { echo "this has changed" >&2; exit 1; }
