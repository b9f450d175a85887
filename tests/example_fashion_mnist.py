"""example_fashion_mnist.py PROGRAM: runs the example on a small data set made here, from training to the picture."""

import gzip
import random
import re
import struct

from example_program import ExampleTest, main

SIZE = 28


def stripes(count, seed):
    """Noisy pictures in which class c is a bright stripe of two rows from row 2 c + 4 on."""
    noise = random.Random(seed)
    labels = bytes(i % 10 for i in range(count))
    pixels = bytearray()
    for label in labels:
        image = bytearray(noise.randrange(64) for _ in range(SIZE * SIZE))
        row = 2 * label + 4
        image[row * SIZE : (row + 2) * SIZE] = bytes([255]) * (2 * SIZE)
        pixels += image
    return bytes(pixels), labels


def write_dataset(directory):
    for name, count in (("train", 1280), ("t10k", 200)):
        pixels, labels = stripes(count, name)
        image_file = directory / f"{name}-images-idx3-ubyte.gz"
        image_file.write_bytes(gzip.compress(struct.pack(">IIII", 0x803, count, SIZE, SIZE) + pixels, 1))
        label_file = directory / f"{name}-labels-idx1-ubyte.gz"
        label_file.write_bytes(gzip.compress(struct.pack(">II", 0x801, count) + labels, 1))


class FashionMnist(ExampleTest):
    def setUp(self):
        super().setUp()
        write_dataset(self.path)

    def run_program(self, *arguments, out="out"):
        return super().run_program("--data", self.path, *arguments, out=out)

    def test_learns_saves_reloads_and_draws(self):
        run = self.run_program("--epochs", "3")
        self.assertEqual(run.returncode, 0, run.stderr)
        accuracy = [float(number) for number in re.findall(r"test accuracy +([0-9.]+) %", run.stdout)]
        self.assertEqual(len(accuracy), 2, run.stdout)  # of the trained and of the compiled net
        self.assertGreaterEqual(min(accuracy), 95)
        self.assertRegex(run.stdout, r"T-shirt +20 ")  # the table counts the 20 test images of each class
        self.assertNotIn("\r", run.stdout)  # nothing is redrawn where no terminal is
        self.check_picture(self.path / "out" / "predictions.png", 12 * SIZE, 8 * SIZE)

    def test_same_seed_same_weights(self):
        weights = []
        for out, seed in (("first", "5"), ("second", "5"), ("third", "6")):
            run = self.run_program("--epochs", "1", "--seed", seed, out=out)
            self.assertEqual(run.returncode, 0, run.stderr)
            weights.append((self.path / out / "lenet.safetensors").read_bytes())
        self.assertEqual(weights[0], weights[1])
        self.assertNotEqual(weights[0], weights[2])

    def test_damaged_data_is_an_error_that_names_the_file(self):
        file = self.path / "t10k-images-idx3-ubyte.gz"
        file.write_bytes(file.read_bytes()[:-100])
        run = self.run_program()
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(file), run.stderr)
        file.unlink()
        run = self.run_program()
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(file), run.stderr)

    def test_a_mistaken_command_line_is_an_error(self):
        self.check_command_lines_rejected(
            ["--epochs", "0"], ["--epochs", "3x"], ["--seed", "-1"], ["--unknown"], ["leftover"]
        )


if __name__ == "__main__":
    main()
