"""What the tests of the examples share. Their one argument is the program."""

import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()


class ExampleTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)

    def run_program(self, *arguments, out="out"):
        command = [PROGRAM, "--out", self.path / out, *arguments]
        return subprocess.run(command, capture_output=True, text=True)

    def check_picture(self, path, least_width, least_height):
        picture = path.read_bytes()
        self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", picture[16:24])
        self.assertGreater(width, least_width)
        self.assertGreater(height, least_height)

    def check_command_lines_rejected(self, *command_lines):
        for arguments in command_lines:
            run = self.run_program(*arguments)
            self.assertEqual(run.returncode, 2, arguments)
            self.assertIn(arguments[0].lstrip("-"), run.stderr)


def main():
    result = unittest.main("__main__", exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
