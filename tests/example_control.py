"""example_control.py PROGRAM: runs the example for a short while."""

import re

from example_program import ExampleTest, main


class Control(ExampleTest):
    def test_learns_to_keep_the_pole_up(self):
        run = self.run_program("--iterations", "200", "--seconds", "3")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("the pole stood to the end", run.stdout)
        self.assertIn("SCHED_FIFO", run.stdout)  # permitted or not
        calls = re.search(r"([0-9.]+) us \(median\), ([0-9.]+) us \(worst of 3000\)", run.stdout)
        self.assertLessEqual(float(calls[1]), float(calls[2]))
        self.assertNotIn("\r", run.stdout)  # nothing is redrawn where no terminal is
        self.check_picture(self.path / "out" / "control.png", 800, 500)

    def test_fails_where_the_pole_falls(self):
        run = self.run_program("--iterations", "1", "--seconds", "3")
        self.assertEqual(run.returncode, 1)
        self.assertIn("fell", run.stderr)
        self.check_picture(self.path / "out" / "control.png", 800, 500)

    def test_a_mistaken_command_line_is_an_error(self):
        self.check_command_lines_rejected(["--seconds", "0"], ["--iterations", "3x"], ["--seed", "-1"], ["leftover"])


if __name__ == "__main__":
    main()
