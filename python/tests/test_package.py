"""The folder as pip installs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
import zipfile

import build_backend
import turbo_mev

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IN_USE = "import titan_core, turbo_mev; print(turbo_mev.__version__, turbo_mev.__file__)"


class Package(unittest.TestCase):
    def test_the_wheel_has_both_modules_and_their_types(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            name = build_backend.build_wheel(folder)
            with open(os.path.join(folder, name), "rb") as file:
                first = file.read()
            self.assertEqual(build_backend.build_wheel(folder), name)
            with open(os.path.join(folder, name), "rb") as file:
                self.assertEqual(file.read(), first, "the same bytes again")
            with zipfile.ZipFile(os.path.join(folder, name)) as wheel:
                self.assertIsNone(wheel.testzip())
                for module in ("turbo_mev", "titan_core"):
                    self.assertLessEqual({f"{module}/__init__.py", f"{module}/py.typed"}, {*wheel.namelist()})

    def test_pip_installs_it_without_network(self) -> None:
        if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
            self.skipTest("no pip here")
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"]
            done = subprocess.run([*pip, "--target", folder, FOLDER], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            environment = {**os.environ, "PYTHONPATH": folder}
            run = subprocess.run(
                [sys.executable, "-c", IN_USE], cwd=folder, env=environment, capture_output=True, text=True
            )
            self.assertEqual(run.returncode, 0, run.stderr)
            version, place = run.stdout.split()
            self.assertEqual(version, turbo_mev.__version__)
            self.assertTrue(os.path.realpath(place).startswith(os.path.realpath(folder)))


if __name__ == "__main__":
    unittest.main()
