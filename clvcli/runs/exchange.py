"""Exchange: two names change places in one step, where the system and the file system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def exchange(one: Path, other: Path) -> bool:
    """Let two names change places, with all that is in them; False where that can't be done in one step. Raises OSError."""
    if sys.platform == "win32":
        return False
    names = os.fsencode(one), os.fsencode(other)
    system = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            failed = system.renamex_np(*names, _EXCHANGE)
        else:
            failed = system.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE)
    except AttributeError:  # a library of C that is older than the call
        return False
    number = ctypes.get_errno()
    if failed and number not in _CANNOT:
        raise OSError(number, os.strerror(number), str(other))
    return not failed
