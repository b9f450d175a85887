"""example_sequences.py PROGRAM: runs the example on made-up languages."""

import random
import re

from example_program import ExampleTest, main

LISTS = ["american-english", "ngerman", "french", "spanish", "italian", "dutch"]


class Sequences(ExampleTest):
    def setUp(self):
        super().setUp()
        self.lists = self.path / "lists"
        self.lists.mkdir()
        source = random.Random(1)
        for i, name in enumerate(LISTS):
            letters = "abcdefghijklmnopqrstuvwxyz"[4 * i : 4 * i + 5]
            words = ["".join(source.choices(letters, k=source.randint(3, 16))) for _ in range(200)]
            (self.lists / name).write_text("\n".join(["it's", "x-ray", "NATO", "ab", *words]) + "\n")

    def run_on_lists(self, *arguments):
        return self.run_program("--lists", self.lists, *arguments)

    def test_learns_languages_and_carries_on_from_its_file(self):
        run = self.run_on_lists("--steps", "200", "bcdebcde")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("a new model resumes after 100 steps", run.stdout)
        self.assertGreater(float(re.search(r"([0-9.]+) % of \d+ words recognised", run.stdout)[1]), 80)
        self.assertRegex(run.stdout, r"bcdebcde +English")
        self.assertNotIn("\r", run.stdout)  # nothing is redrawn where no terminal is
        for picture in "confusion.png", "training.png":
            self.check_picture(self.path / "out" / picture, 600, 300)

        saved = self.path / "out" / "training.safetensors"
        run = self.run_on_lists("--steps", "240", "--resume", saved)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("resumed after 200 steps", run.stdout)
        self.assertIn("40 steps in", run.stdout)

    def test_an_error_names_the_file(self):
        (self.lists / "dutch").unlink()
        run = self.run_on_lists("--steps", "20")
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(self.lists / "dutch"), run.stderr)

    def test_a_file_that_is_no_training_is_an_error(self):
        file = self.path / "other.safetensors"
        file.write_bytes((2).to_bytes(8, "little") + b"{}")
        run = self.run_on_lists("--steps", "20", "--resume", file)
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(file), run.stderr)

    def test_a_mistaken_command_line_is_an_error(self):
        self.check_command_lines_rejected(["--steps", "0"], ["--words", "3x"], ["--seed", "-1"])


if __name__ == "__main__":
    main()
