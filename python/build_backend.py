"""
Builds the wheel: two modules, each as a package of its own, since only a package can say `py.typed` (PEP 561).
A whole PEP 517 backend in the standard library, so that installing needs no other package and no network.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import tarfile
import zipfile
from typing import Dict, Mapping, Optional

MODULES = ("turbo_mev", "titan_core")
SUMMARY = "Client of the turbo-mev arbitrage daemon: hints in, verdicts and fates out"
HERE = os.path.dirname(os.path.abspath(__file__))
Settings = Optional[Mapping[str, object]]


def _read(name: str) -> bytes:
    with open(os.path.join(HERE, name), "rb") as file:
        return file.read()


def _version() -> str:
    found = re.search(rb'^__version__ = "([^"]+)"', _read("turbo_mev.py"), re.MULTILINE)
    if found is None:
        raise RuntimeError("turbo_mev.py has no __version__")
    return found[1].decode()


def _metadata() -> bytes:
    fields = {
        "Metadata-Version": "2.1",
        "Name": "turbo-mev",
        "Version": _version(),
        "Summary": SUMMARY,
        "License": "MIT",
        "Requires-Python": ">=3.9",
        "Classifier": "Typing :: Typed",
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items()).encode()


def _write_wheel(folder: str, files: Dict[str, bytes]) -> str:
    """The same files give the same bytes."""
    version = _version()
    info = f"turbo_mev-{version}.dist-info"
    files[f"{info}/METADATA"] = _metadata()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: turbo-mev\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = ""
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    name = f"turbo_mev-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, data)
    return name


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None
) -> str:
    files: Dict[str, bytes] = {}
    for module in MODULES:
        files[f"{module}/__init__.py"] = _read(f"{module}.py")
        files[f"{module}/py.typed"] = b""
    return _write_wheel(wheel_directory, files)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None
) -> str:
    return _write_wheel(wheel_directory, {"turbo_mev.pth": f"{HERE}\n".encode()})


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    root = f"turbo_mev-{_version()}"
    files = {name: _read(name) for name in ("pyproject.toml", "build_backend.py", *(f"{m}.py" for m in MODULES))}
    with tarfile.open(os.path.join(sdist_directory, f"{root}.tar.gz"), "w:gz") as archive:
        for name, data in {**files, "PKG-INFO": _metadata()}.items():
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return f"{root}.tar.gz"
