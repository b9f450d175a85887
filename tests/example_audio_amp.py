"""example_audio_amp.py PROGRAM: lets the example learn for a short while, and play its own sound and others."""

import array
import math
import random
import re
import wave

from example_program import ExampleTest, main


def read_wave(path):
    with wave.open(str(path)) as file:
        samples = array.array("h", file.readframes(file.getnframes()))
        return [sample / 32768 for sample in samples], file.getframerate()


def write_stereo(path, left, right, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        frames = (round(32767 * sample) for pair in zip(left, right) for sample in pair)
        file.writeframes(array.array("h", frames).tobytes())


def settled(u):
    """The clipper's output voltage where it has had time enough: the current of the resistor is that of the diodes."""
    low, high = 0.0, u
    for _ in range(60):
        v = (low + high) / 2
        low, high = (v, high) if (u - v) / 2.2e3 > 2 * 2.52e-9 * math.sinh(v / 0.0453) else (low, v)
    return low


class AudioAmp(ExampleTest):
    def ratio(self, run):
        self.assertEqual(run.returncode, 0, run.stderr)
        return float(re.search(r"played .*: error-to-signal ratio ([0-9.]+)", run.stdout)[1])

    def test_learns_the_circuit_and_plays_a_guitar(self):
        run = self.run_program("--passes", "1")
        self.assertLess(self.ratio(run), 0.02)
        self.assertNotIn("\r", run.stdout)  # nothing is redrawn where no terminal is
        self.assertRegex(run.stdout, r"worst block of 64 samples took [0-9.]+ us")
        self.assertRegex(run.stdout, r"denormals: [0-9.]+ us; with FlushDenormals: [0-9.]+ us and [0-9.]+ us")
        played, rate = read_wave(self.path / "out" / "guitar.wav")
        amplified, amplified_rate = read_wave(self.path / "out" / "amplified.wav")
        self.assertEqual((len(amplified), amplified_rate), (len(played), rate))
        self.check_picture(self.path / "out" / "amplifier.png", 800, 600)

    def test_plays_a_file(self):
        # A slow square wave in stereo, behind a second of noise; 40 samples more than whole blocks.
        rate, noise = 16000, random.Random(1)
        left = [noise.uniform(-0.5, 0.5) for _ in range(rate)] + [0.8 if t // 500 % 2 else -0.8 for t in range(8040)]
        right = left[:rate] + [0.4 if t // 500 % 2 else -0.4 for t in range(8040)]
        file = self.path / "square.wav"
        write_stereo(file, left, right, rate)
        run = self.run_program("--passes", "2", str(file))
        self.assertLess(self.ratio(run), 0.1)
        amplified, amplified_rate = read_wave(self.path / "out" / "amplified.wav")
        self.assertEqual((len(amplified), amplified_rate), (len(left), rate))
        top = amplified[rate + 700 : rate + 900]  # of the mean of both channels
        self.assertAlmostEqual(sum(top) / len(top), settled(4 * 0.6), delta=0.06)

    def test_plays_silence(self):
        file = self.path / "silence.wav"
        write_stereo(file, [0] * 9, [0] * 9, 16000)
        run = self.run_program("--passes", "1", str(file))
        self.assertEqual(run.returncode, 0, run.stderr)
        amplified, _ = read_wave(self.path / "out" / "amplified.wav")
        self.assertEqual(len(amplified), 9)
        self.assertLess(max(map(abs, amplified)), 0.1)
        self.check_picture(self.path / "out" / "amplifier.png", 800, 600)

    def test_a_file_without_sound_is_an_error_that_names_it(self):
        for content in (None, b"", b"no sound"):
            file = self.path / "broken.wav"
            if content is not None:
                file.write_bytes(content)
            run = self.run_program(str(file))
            self.assertEqual(run.returncode, 1)
            self.assertIn(str(file), run.stderr)

    def test_a_mistaken_command_line_is_an_error(self):
        self.check_command_lines_rejected(["--passes", "0"], ["--seed", "x"], ["--unknown"])
        self.assertEqual(self.run_program("one.wav", "two.wav").returncode, 2)


if __name__ == "__main__":
    main()
