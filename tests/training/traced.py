"""Runs work in a forked child under ptrace: lists its system calls, kills it at the n-th, or lets
the n-th change of a file fail.

What `strace -e inject` does, without a program to install. Linux on x86-64 only.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_TRACEME, _SYSCALL, _PEEKUSER, _POKEUSER, _SETOPTIONS = 0, 24, 3, 6, 0x4200
_SYSGOOD, _EXITKILL = 0x1, 0x100000
_ORIG_RAX, _RAX, _RDI, _RSI, _RDX, _R10 = 120, 80, 112, 104, 96, 56
"""Offsets in struct user of <sys/user.h>."""
_AT_FDCWD, _O_CREAT = -100, 0o100
_SYSCALL_STOP = signal.SIGTRAP | 0x80
# Numbers of <asm/unistd_64.h>, with how the paths are passed.
_WRITES = {1, 18, 20, 77}
_SYNCS = {74, 75}
_OPENAT, _MKDIR, _MKDIRAT = 257, 83, 258
_RENAME, _RENAMEAT, _RENAMEAT2, _LINK, _LINKAT = 82, 264, 316, 86, 265
_UNLINK, _RMDIR, _UNLINKAT = 87, 84, 263


@dataclass(frozen=True)
class Operation:
    """One change to the file system: write, sync, create, mkdir, rename, link or remove."""

    kind: str
    path: str
    target: str = ""


@dataclass(kw_only=True)
class Traced:
    num_syscalls: int = 0
    operations: list[Operation] = field(default_factory=list)
    exit_code: int = 0
    """Negative: the number of the signal that ended it."""


def why_not() -> str:
    """Return why this machine cannot trace, or nothing."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "ptrace offsets are known for Linux on x86-64 only"
    try:
        traced = run(lambda: None)
    except OSError as error:
        return f"ptrace is not allowed here: {error}"
    return "" if traced.num_syscalls else "ptrace shows no system calls here"


def run(
    work: Callable[[], object], *, kill_at: int = 0, fail_at: int = 0, error: int = 0
) -> Traced:
    """Run work in a child.

    With `kill_at` n, SIGKILL it as it enters its n-th system call; with `fail_at` n, its n-th
    operation that changes a file fails with `error` and does nothing.
    """
    pid = os.fork()
    if pid == 0:
        _be_traced(work)
    os.waitpid(pid, 0)
    _ptrace(_SETOPTIONS, pid, 0, _SYSGOOD | _EXITKILL)
    traced, entering, deliver, failing = Traced(), True, 0, False
    while True:
        _ptrace(_SYSCALL, pid, 0, deliver)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            traced.exit_code = os.waitstatus_to_exitcode(status)
            return traced
        stop = os.WSTOPSIG(status)
        deliver = 0 if stop == _SYSCALL_STOP else stop
        if stop != _SYSCALL_STOP:
            continue
        if entering:
            traced.num_syscalls += 1
            if traced.num_syscalls == kill_at:
                os.kill(pid, signal.SIGKILL)
                traced.exit_code = _wait_for_end(pid)
                return traced
            if not kill_at:
                traced.operations += _operation(pid)
                failing = len(traced.operations) == fail_at and fail_at > 0
            if failing:
                fail_at = 0
                _ptrace(_POKEUSER, pid, _ORIG_RAX, -1)  # No such call: the kernel does nothing.
        elif failing:
            failing = False
            _ptrace(_POKEUSER, pid, _RAX, -error)
        entering = not entering


def _wait_for_end(pid: int) -> int:
    while True:
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)


def _be_traced(work: Callable[[], object]) -> None:
    code = 1
    try:
        _ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _operation(pid: int) -> list[Operation]:
    number = _peek(pid, _ORIG_RAX)
    if number in _WRITES:
        return [Operation("write", _of_descriptor(pid, _peek(pid, _RDI)))]
    if number in _SYNCS:
        return [Operation("sync", _of_descriptor(pid, _peek(pid, _RDI)))]
    if number == _OPENAT:
        creates = _peek(pid, _RDX) & _O_CREAT
        return [Operation("create", _path_at(pid, _RDI, _RSI))] if creates else []
    if number in (_MKDIR, _UNLINK, _RMDIR):
        kind = "mkdir" if number == _MKDIR else "remove"
        return [Operation(kind, _text(pid, _peek(pid, _RDI)))]
    if number in (_MKDIRAT, _UNLINKAT):
        kind = "mkdir" if number == _MKDIRAT else "remove"
        return [Operation(kind, _path_at(pid, _RDI, _RSI))]
    if number in (_RENAME, _LINK):
        kind = "rename" if number == _RENAME else "link"
        paths = (_text(pid, _peek(pid, where)) for where in (_RDI, _RSI))
        return [Operation(kind, *paths)]
    if number in (_RENAMEAT, _RENAMEAT2, _LINKAT):
        kind = "link" if number == _LINKAT else "rename"
        return [Operation(kind, _path_at(pid, _RDI, _RSI), _path_at(pid, _RDX, _R10))]
    return []


def _path_at(pid: int, folder_at: int, name_at: int) -> str:
    folder = ctypes.c_int(_peek(pid, folder_at) & 0xFFFFFFFF).value
    name = _text(pid, _peek(pid, name_at))
    if folder == _AT_FDCWD or name.startswith("/"):
        return name
    return f"{_of_descriptor(pid, folder)}/{name}"


def _of_descriptor(pid: int, descriptor: int) -> str:
    return str(Path(f"/proc/{pid}/fd/{descriptor}").readlink())


def _text(pid: int, address: int) -> str:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(4096).split(b"\0", 1)[0].decode()


def _peek(pid: int, offset: int) -> int:
    return _ptrace(_PEEKUSER, pid, offset, 0) & 0xFFFFFFFFFFFFFFFF


def _ptrace(request: int, pid: int, address: int, data: int) -> int:
    ctypes.set_errno(0)
    answer: int = _LIBC.ptrace(
        ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_void_p(address), ctypes.c_void_p(data)
    )
    if answer == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.restype = ctypes.c_long
