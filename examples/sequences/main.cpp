/// \file
/// Trains a network to tell the language of a word, stops halfway, carries on from a file, and reads words with it
/// letter by letter.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <tenon/tenon.hpp>
#include <vector>

#include "../command_line.hpp"
#include "../plot.hpp"
#include "confusion.hpp"
#include "training.hpp"
#include "words.hpp"

namespace {

using namespace sequences;

constexpr char usage[] =
    "usage: sequences [--steps N] [--words N] [--seed N] [--resume FILE] [--lists DIR] [--out DIR] [WORD...]\n"
    "\n"
    "Trains a GRU to tell the language of a word: English, German, French, Spanish, Italian or Dutch.\n"
    "\n"
    "  WORD           further words, whose languages are printed\n"
    "  --steps N      of the training, of 64 words each, at least 40 (default 10000)\n"
    "  --words N      of each language (default 40000)\n"
    "  --seed N       of the initial weights, and of which words are learnt when (default 1)\n"
    "  --resume FILE  that a training left: goes on from there, to the last step, with its --seed and --words\n"
    "  --lists DIR    the word lists (default: /usr/share/dict)\n"
    "  --out DIR      where training.safetensors, training.png and confusion.png go (default: the current directory)\n"
    "  --help         this text\n";

/// Reads a word letter by letter.
class Reader {
 public:
  using Letter = tenon::Tensor<std::int64_t, 1, 1>;  // (time, batch)
  using Scores = std::array<double, language_count>;

  explicit Reader(const LanguageOf& model) : stream_(tenon::compile_stream<Letter>(model)) {}

  /// Returns the probabilities of the languages.
  Scores operator()(const std::string& word) {
    stream_.reset();
    Letter letter;
    Scores scores{};
    for (const char byte : word) {
      letter(0, 0) = static_cast<unsigned char>(byte);
      std::ranges::copy(stream_.step(letter), scores.begin());
    }
    const double most = *std::ranges::max_element(scores);
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - most);
    for (double& score : scores) score /= sum;
    return scores;
  }

 private:
  tenon::stream_t<LanguageOf, Letter> stream_;
};

std::size_t best(const Reader::Scores& scores) {
  return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
}

void draw_training(const std::vector<double>& losses, const std::filesystem::path& path) {
  std::vector<double> steps(losses.size());
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = static_cast<double>((i + 1) * Training::steps_of_a_point);
  examples::Plot plot("The training", 1);
  plot.axes({"steps", 0, steps.back()}, {"cross entropy", 0, 1.05 * *std::ranges::max_element(losses)});
  plot.line(steps, std::span<const double>(losses), examples::blue, "");
  plot.save(path);
}

void run(int argc, char** argv) {
  const examples::CommandLine line(argc, argv, usage, {"steps", "words", "seed", "resume", "lists", "out"}, 1000);
  constexpr std::size_t point = Training::steps_of_a_point;
  const std::size_t steps = (line.number("steps", std::size_t{10000}, 2 * point) + point - 1) / point * point;
  Training training;
  training.words = line.number("words", training.words, std::size_t{10});
  training.seed = line.number("seed", training.seed, std::uint64_t{0});
  const std::string resumed = line.text("resume", "");
  if (!resumed.empty()) training.load(resumed);
  const std::filesystem::path out = line.text("out", "."), saved = out / "training.safetensors";
  std::filesystem::create_directories(out);

  tenon::manual_seed(training.seed);
  const WordSet words = read_words(line.text("lists", "/usr/share/dict"), training.words);
  std::printf("%zu words to learn, %zu to be tested with\n", words.training.size(), words.test.size());

  if (!resumed.empty()) {
    std::printf("%s: resumed after %zu steps\n", resumed.c_str(), training.steps());
  } else {
    const std::size_t half = steps / 2 / point * point;
    Training first;
    first.words = training.words;
    first.seed = training.seed;
    first.run(words.training, half, steps);
    first.save(saved);
    training.load(saved);  // what `first` knew is gone after this block
    std::printf("%s: a new model resumes after %zu steps\n", saved.c_str(), training.steps());
  }
  if (training.steps() < steps) training.run(words.training, steps, steps);
  training.save(saved);
  std::printf("written %s\n\n", saved.c_str());

  Reader read(training.model);
  Confusion confusion;
  for (const Word& word : words.test) confusion.add(word.language, best(read(word.bytes)));
  print(confusion);
  char title[80];
  std::snprintf(title, sizeof title, "%.1f %% of %zu words recognised", 100 * confusion.accuracy(), words.test.size());
  std::printf("%s\n", title);

  for (const std::string& word : line.files()) {
    const auto scores = read(lower_case(word));
    std::printf("%-16s %-8s %.0f %%\n", word.c_str(), language_names[best(scores)], 100 * scores[best(scores)]);
  }

  draw(confusion, title, out / "confusion.png");
  draw_training(training.losses, out / "training.png");
  std::printf("drawn %s, %s\n", (out / "confusion.png").c_str(), (out / "training.png").c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sequences: %s\n", error.what());
    return 1;
  }
}
