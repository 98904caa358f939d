"""What a power loss may take: a model of a disk that keeps nothing but what was synced.

SIGKILL cannot show a missing fsync, because the kernel writes on. So the system calls of a commit
are replayed against the guarantees of POSIX: a file's bytes are safe after a sync of the file, its
name after a sync of its folder. File systems may write names earlier, and then a manifest could be
on disk before the bytes that it vouches for (the class of faults of ALICE, OSDI 2014).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath

from traced import Operation


def problems_of(operations: Iterable[Operation], manifest: str) -> list[str]:
    """Return what was not safe when `manifest` was linked, or not when the commit returned."""
    unsynced: set[str] = set()
    names: defaultdict[str, set[str]] = defaultdict(set)
    found: list[str] = []
    folder = str(PurePath(manifest).parent)
    linked = False
    for each in operations:
        if each.kind == "write":
            unsynced.add(each.path)
        elif each.kind == "sync":
            unsynced.discard(each.path)
            names.pop(each.path, None)
        elif each.kind in ("create", "mkdir"):
            _add(names, each.path)
            if each.kind == "create":
                unsynced.add(each.path)
        elif each.kind == "remove":
            unsynced.discard(each.path)
            names[str(PurePath(each.path).parent)].discard(PurePath(each.path).name)
        elif each.kind == "rename":
            unsynced = {_moved(path, each) for path in unsynced}
            names = defaultdict(set, {_moved(path, each): new for path, new in names.items()})
            names[str(PurePath(each.path).parent)].discard(PurePath(each.path).name)
            _add(names, each.target)
        elif each.kind == "link":
            if each.target == manifest:
                linked = True
                found += _unsafe(unsynced, names, folder, temporary=each.path)
            _add(names, each.target)
    if not linked:
        found.append("no manifest was linked")
    if PurePath(manifest).name in names[folder]:
        found.append("the commit returned before its manifest's name was synced")
    return found


def _unsafe(
    unsynced: set[str], names: defaultdict[str, set[str]], folder: str, *, temporary: str
) -> list[str]:
    parent, name = str(PurePath(folder).parent), PurePath(folder).name
    late = names[folder] - {PurePath(temporary).name}
    found = [f"{path} was not synced" for path in sorted(unsynced) if path.startswith(f"{folder}/")]
    found += [f"the name {each} was not synced" for each in sorted(late)]
    if name in names[parent]:
        found.append(f"the name {name} was not synced")
    return found


def _add(names: defaultdict[str, set[str]], path: str) -> None:
    names[str(PurePath(path).parent)].add(PurePath(path).name)


def _moved(path: str, rename: Operation) -> str:
    if path == rename.path or path.startswith(f"{rename.path}/"):
        return rename.target + path[len(rename.path) :]
    return path
