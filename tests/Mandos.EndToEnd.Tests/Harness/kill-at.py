"""Runs a program, and kills it with SIGKILL right before its Nth operation on files below a directory: kill-at.py N DIRECTORY PROGRAM ARGUMENT...

Operations are those that change something, or bring it to the disk. The exit status is 137 if it was killed, else that of the program.
"""
import ctypes
import os
import platform
import signal
import struct
import sys

number, directory = int(sys.argv[1]), sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
TRACEME, SYSCALL, SETOPTIONS, GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
SYSGOOD, FORK, VFORK, CLONE, EXITKILL = 1, 2, 4, 8, 0x100000
WALL = 0x40000000
O_CREAT = 0o100

# By their numbers: the arguments that are paths; none: the first is a file descriptor
CALLS = {
    "x86_64": {
        1: (), 18: (), 296: (), 74: (), 75: (), 77: (), 91: (), 93: (), 285: (), 2: (0,), 82: (0, 1), 83: (0,), 86: (0, 1), 87: (0,),
        90: (0,), 92: (0,), 94: (0,), 257: (1,), 258: (1,), 260: (1,), 263: (1,), 264: (1, 3), 265: (1, 3), 268: (1,), 316: (1, 3),
    },
    "aarch64": {
        64: (), 68: (), 70: (), 82: (), 83: (), 46: (), 52: (), 55: (), 47: (), 34: (1,), 35: (1,), 37: (1, 3), 38: (1, 3), 53: (1,), 54: (1,),
        56: (1,), 276: (1, 3),
    },
}[platform.machine()]
OPENS = {"x86_64": {2: 1, 257: 2}, "aarch64": {56: 2}}[platform.machine()]


def text_at(thread, address):
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(4096).split(b"\0")[0].decode(errors="replace")


def is_operation(thread):
    buffer = ctypes.create_string_buffer(128)
    libc.ptrace(GET_SYSCALL_INFO, thread, ctypes.c_void_p(128), buffer)
    if buffer.raw[0] != 1:
        return False  # not at its entry
    call, *arguments = struct.unpack_from("=7Q", buffer.raw, 24)
    if call not in CALLS or (call in OPENS and not arguments[OPENS[call]] & O_CREAT):
        return False
    try:
        paths = [text_at(thread, arguments[i]) for i in CALLS[call]] or [os.readlink(f"/proc/{thread}/fd/{arguments[0]}")]
    except OSError:
        return False
    return any(path.startswith(directory) for path in paths)


child = os.fork()
if child == 0:
    libc.ptrace(TRACEME, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    os.execvp(sys.argv[3], sys.argv[3:])
os.waitpid(child, 0)
libc.ptrace(SETOPTIONS, child, None, SYSGOOD | FORK | VFORK | CLONE | EXITKILL)
libc.ptrace(SYSCALL, child, None, None)
while True:
    thread, status = os.waitpid(-1, WALL)
    if not os.WIFSTOPPED(status):
        if thread == child:
            sys.exit(os.waitstatus_to_exitcode(status) % 256)
        continue
    stop = os.WSTOPSIG(status)
    if stop == signal.SIGTRAP | 0x80 and is_operation(thread):
        if number == 0:
            os.kill(child, signal.SIGKILL)
            while os.waitpid(-1, WALL)[0] != child:  # its threads first
                pass
            sys.exit(137)
        number -= 1
    passed = 0 if stop in (signal.SIGTRAP | 0x80, signal.SIGTRAP, signal.SIGSTOP) else stop
    libc.ptrace(SYSCALL, thread, None, passed)
