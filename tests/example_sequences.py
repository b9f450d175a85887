"""example_sequences.py PROGRAM: runs the example on made-up languages."""

import json
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

    def losses(self):
        """What the training has written down, a number for each 20 steps."""
        file = (self.path / "out" / "training.safetensors").read_bytes()
        header = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])
        return [float(loss) for loss in header["__metadata__"]["losses"].split()]

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

        losses = self.losses()
        self.assertEqual(len(losses), 10)
        self.assertLess(losses[5], (losses[0] + losses[4]) / 2)  # what was resumed had learnt something

        saved = self.path / "out" / "training.safetensors"
        run = self.run_on_lists("--steps", "240", "--resume", saved)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("resumed after 200 steps", run.stdout)
        self.assertIn("40 steps in", run.stdout)
        self.assertEqual(self.losses()[:10], losses)
        self.assertLess(self.losses()[10], losses[0] / 2)

    def test_an_error_names_the_file(self):
        (self.lists / "dutch").unlink()
        run = self.run_on_lists("--steps", "40")
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(self.lists / "dutch"), run.stderr)

    def test_a_file_that_is_no_training_is_an_error(self):
        file = self.path / "other.safetensors"
        file.write_bytes((2).to_bytes(8, "little") + b"{}")
        run = self.run_on_lists("--steps", "40", "--resume", file)
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(file), run.stderr)

    def test_a_mistaken_command_line_is_an_error(self):
        self.check_command_lines_rejected(["--steps", "0"], ["--words", "3x"], ["--seed", "-1"])


if __name__ == "__main__":
    main()
