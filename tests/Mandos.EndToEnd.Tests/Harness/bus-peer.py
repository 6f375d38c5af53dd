"""A peer on a D-Bus that tests steer: python3 -c SCRIPT ADDRESS.

Reads a call from each line of standard input, a JSON object: destination, path, interface (null for none), member, args, a
tuple in GVariant's text format, and size: the bytes of a variant as one more argument, unless it is null.

Writes what it receives to standard output, a JSON object a line and in the order of the bus: every signal, and of each call,
by its number from 0, that it was sent and what was answered. Values are written in GVariant's text format too; so that equal
ones look equal, all numbers bear their type, and dictionaries and lists of names and paths are sorted.
"""
import json
import os
import sys

import dbus
import dbus.bus
import dbus.lowlevel
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NUMBERS = {
    "y": (dbus.Byte, "byte"), "n": (dbus.Int16, "int16"), "q": (dbus.UInt16, "uint16"), "i": (dbus.Int32, "int32"),
    "u": (dbus.UInt32, "uint32"), "x": (dbus.Int64, "int64"), "t": (dbus.UInt64, "uint64"), "d": (dbus.Double, "double"),
}
BASIC = {kind: number for kind, (number, _) in NUMBERS.items()} | {
    "b": dbus.Boolean, "s": dbus.String, "o": dbus.ObjectPath, "g": dbus.Signature,
}


def build(value, depth=0):
    """The value to send for a GLib.Variant, within a number of variants."""
    kind = value.get_type_string()
    if kind == "v":
        return build(value.get_variant(), depth + 1)
    if kind in BASIC:
        return BASIC[kind](value.unpack(), variant_level=depth)
    if kind == "ay":
        return dbus.ByteArray(value.get_data_as_bytes().get_data() or b"", variant_level=depth)
    children = [value.get_child_value(i) for i in range(value.n_children())]
    if kind.startswith("a{"):
        pairs = [(build(child.get_child_value(0)), build(child.get_child_value(1))) for child in children]
        return dbus.Dictionary(pairs, signature=kind[2:-1], variant_level=depth)
    if kind.startswith("a"):
        return dbus.Array([build(child) for child in children], signature=kind[1:], variant_level=depth)
    return dbus.Struct([build(child) for child in children], signature=kind[1:-1], variant_level=depth)


def show(value):
    """A received value as text."""
    depth = value.variant_level
    return "<" * depth + show_plain(value) + ">" * depth


def show_plain(value):
    if isinstance(value, dbus.Boolean):
        return "true" if value else "false"
    for number, name in NUMBERS.values():
        if isinstance(value, number):
            return f"{name} {value + 0}"
    if isinstance(value, dbus.ObjectPath):
        return f"objectpath '{value}'"
    if isinstance(value, dbus.Signature):
        return f"signature '{value}'"
    if isinstance(value, dbus.String):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, dbus.Dictionary):
        return "{" + ", ".join(sorted(f"{show(key)}: {show(content)}" for key, content in value.items())) + "}"
    items = [show(item) for item in value]
    if isinstance(value, dbus.Struct):
        return "(" + ", ".join(items) + ")"
    return "[" + ", ".join(sorted(items) if value.signature in ("o", "s") else items) + "]"


def tell(**fields):
    print(json.dumps(fields), flush=True)


class Peer:
    def __init__(self, address):
        self.loop = GLib.MainLoop()
        self.calls = {}
        self.count = 0
        self.input = b""
        self.bus = dbus.bus.BusConnection(address, mainloop=DBusGMainLoop())
        self.bus.set_exit_on_disconnect(False)
        self.bus.add_message_filter(self.receive)
        self.bus.add_match_string("type='signal'")
        GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, self.read)

    def read(self, descriptor, _condition):
        data = os.read(descriptor, 65536)
        if not data:
            self.loop.quit()
        *lines, self.input = (self.input + data).split(b"\n")
        for line in lines:
            self.call(**json.loads(line))
        return bool(data)

    def call(self, destination, path, interface, member, args, size):
        number = self.count
        self.count += 1
        message = dbus.lowlevel.MethodCallMessage(destination, path, interface, member)
        values = GLib.Variant.parse(None, args, None, None)
        children = [values.get_child_value(i) for i in range(values.n_children())]
        signature = "".join(child.get_type_string() for child in children)
        arguments = [build(child) for child in children]
        if size is not None:
            signature += "v"
            arguments.append(dbus.ByteArray(bytes(size), variant_level=1))
        if arguments:
            message.append(*arguments, signature=signature)
        tell(kind="call", call=number)
        self.calls[self.bus.send_message(message)] = number

    def receive(self, _connection, message):
        body = "(" + ", ".join(show(value) for value in message.get_args_list()) + ")"
        if isinstance(message, dbus.lowlevel.SignalMessage):
            if message.get_interface() == "org.freedesktop.DBus.Local":
                self.loop.quit()
            tell(kind="signal", sender=message.get_sender(), path=message.get_path(), interface=message.get_interface(),
                 member=message.get_member(), body=body)
        elif message.get_reply_serial() in self.calls:
            number = self.calls.pop(message.get_reply_serial())
            error = message.get_error_name() if isinstance(message, dbus.lowlevel.ErrorMessage) else None
            tell(kind="reply", call=number, error=error, body=body)
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED


peer = Peer(sys.argv[1])
tell(kind="ready", name=peer.bus.get_unique_name())
peer.loop.run()
