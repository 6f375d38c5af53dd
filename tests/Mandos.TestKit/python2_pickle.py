"""Rewrites a pickle as Python 2 would have written it: its texts are bytes.

Arguments: the pickle, and the file to write.
"""
import pickle
import sys
import types

# D-Bus's type without D-Bus
dbus = types.ModuleType("dbus")
dbus.Boolean = type("Boolean", (int,), {"__module__": "dbus"})
sys.modules["dbus"] = dbus


class Python2Pickler(pickle._Pickler):
    def save_text(self, value):
        data = value.encode() if isinstance(value, str) else value
        if len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        else:
            self.write(pickle.BINSTRING + len(data).to_bytes(4, "little") + data)
        self.memoize(value)

    dispatch = {**pickle._Pickler.dispatch, str: save_text, bytes: save_text}


with open(sys.argv[1], "rb") as file:
    state = pickle.load(file)
with open(sys.argv[2], "wb") as file:
    Python2Pickler(file, protocol=2).dump(state)
