"""Writes the state of Debian's server as it does itself, with Python's own pickle.

Arguments: a directory of encrypted secrets by client name, and the file to write.
"""
import datetime
import os
import pickle
import sys
import types

secrets, output = sys.argv[1:]

# D-Bus's type without D-Bus
dbus = types.ModuleType("dbus")
dbus.Boolean = type("Boolean", (int,), {"__module__": "dbus"})
sys.modules["dbus"] = dbus


def duration(**time):
    return datetime.timedelta(**time)


def settings(**changes):
    return {
        "approval_delay": duration(), "approval_duration": duration(seconds=1), "approved_by_default": True,
        "checker_command": "fping -q -- %(host)s", "enabled": True, "extended_timeout": duration(minutes=15),
        "fingerprint": "699DE12DC3094B06A5098E77FB1CDD72975B76A2", "host": "", "interval": duration(minutes=2),
        "key_id": "D1A5AC9A015FAC2EF7B341673635512A1511F41FE37D111B267F039EEC5D4F58", "last_approval_request": None,
        "last_checked_ok": None, "last_checker_status": -2, "timeout": duration(minutes=5), **changes,
    }


def client(name, **changes):
    fields = settings(
        name=name, created=datetime.datetime(2026, 11, 29, 6, 15, 25, 253746), approved=None, approvals_pending=0,
        checker_callback_tag=None, checker_initiator_tag=70000, disable_initiator_tag=-3, current_checker_command="true",
        expires=datetime.datetime(2026, 11, 30, 6, 15, 31, 358956), last_enabled=datetime.datetime(2026, 11, 29, 6, 15, 25, 1),
        client_structure=["bus", "name", "server_settings"])
    path = os.path.join(secrets, name)
    if os.path.exists(path):
        with open(path, "rb") as file:
            fields["encrypted_secret"] = file.read()
    fields.update(changes)
    return fields


clients = {
    "plain": client("plain"),
    "disabled": client("disabled", enabled=False, expires=None, last_checker_status=1),
    "changed": client(
        "changed", timeout=duration(days=42), extended_timeout=duration(minutes=99), interval=duration(seconds=7, microseconds=5),
        approval_delay=duration(seconds=30), approval_duration=duration(hours=1), approved_by_default=False, host="ho\u2603st",
        checker_command="echo hi", last_checked_ok=datetime.datetime(2026, 11, 29, 7), last_checker_status=0,
        last_approval_request=datetime.datetime(1999, 12, 31, 23, 59, 59, 999999), approved=dbus.Boolean(False)),
    "secret": client("secret"),
    "\u00dcn\u00ef.code": client("\u00dcn\u00ef.code", last_enabled=None, last_checker_status=-1),
    "zero": client("zero", interval=duration()),
}
files = {name: settings() for name in clients}
files["secret"]["enabled"] = False
files["removed"] = settings(secret=b"a secret", timeout=duration(days=9), host="gone")

with open(output, "wb") as file:
    pickle.dump((clients, files), file, protocol=2)
