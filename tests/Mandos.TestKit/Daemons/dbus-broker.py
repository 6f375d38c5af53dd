"""Runs a dbus-broker of one's own: unshare --mount python3 dbus-broker.py FOLDER SOCKET CONFIGURATION.

Its launcher wants systemd's journal and the socket from systemd, calls /usr/bin/dbus-broker, and needs a machine ID; so it gets
a /run, /etc and /usr/bin that nobody else sees. FOLDER has both programs. Their log goes to standard error; the address of the socket, once it accepts connections, to standard output.
"""
import os
import signal
import socket
import subprocess
import sys

folder, path, configuration = sys.argv[1:]
files = {}
for name in ("passwd", "group"):
    with open(f"/etc/{name}", encoding="utf-8") as file:
        files[name] = file.read()
files["machine-id"] = f"{1:032x}\n"
for place in ("/run", "/etc"):
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
subprocess.run(["mount", "--bind", folder, "/usr/bin"], check=True)
for name, content in files.items():
    with open(f"/etc/{name}", "w", encoding="utf-8") as file:
        file.write(content)

os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")

bus = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
bus.bind(path)
os.chmod(path, 0o666)
bus.listen(128)
print(path, flush=True)

signal.signal(signal.SIGCHLD, lambda *_: sys.exit("dbus-broker-launch has ended"))
if os.fork() == 0:
    os.dup2(bus.fileno(), 3, inheritable=True)
    # Where it would have services started; nobody is asked.
    os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}
    program = os.path.join(folder, "dbus-broker-launch")
    os.execv(program, [program, "--scope", "user", "--config-file", configuration])
bus.close()
while True:
    os.write(2, journal.recv(1 << 16))
