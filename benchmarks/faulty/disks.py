"""A small disk that can be filled or made read-only, without the rights of an administrator.

Linux lets any user mount a file system in memory within a namespace of his own. It is gone when the
last process of the namespace ends.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PAGE = 4096  # bytes; the unit in which this file system is filled
_INSIDE = "SERSK_FAULTS_NAMESPACE"


def enter_namespace() -> None:
    """Run this command again where it may mount; return in that run only."""
    if _INSIDE in os.environ:
        return
    unshare = shutil.which("unshare")
    words = ["--user", "--map-root-user", "--mount"]
    if unshare is None or subprocess.run([unshare, *words, "true"], capture_output=True).returncode:
        sys.exit("faults.py needs Linux, and namespaces of users (the command unshare).")
    command = [unshare, *words, sys.executable, *sys.argv]
    os.execve(unshare, command, os.environ | {_INSIDE: "1"})


class Disk:
    """A file system in memory.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is mounted. The folder exists.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "Disk":
        _mount("-t", "tmpfs", "-o", "size=256m", "tmpfs", str(self.folder))
        return self

    def __exit__(self, *error: object) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def leave(self, n_bytes: int) -> None:
        """Leave so many bytes of space."""
        state = os.statvfs(self.folder)
        pages = state.f_blocks - state.f_bfree + n_bytes // PAGE
        if n_bytes < PAGE:  # at least one page is the size of a file system
            (self.folder / "filler").write_bytes(bytes(PAGE))
            pages += 1
        _mount("-o", f"remount,size={pages * PAGE}", str(self.folder))

    def protect(self) -> None:
        """Make it read-only."""
        _mount("-o", "remount,ro", str(self.folder))

    def look(self) -> dict[str, str]:
        """Return the files by their names, with checksums of their contents."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name != "filler"
        }


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)
