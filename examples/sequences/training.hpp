/// \file
/// From random weights to a network that knows languages, with a file on the way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <tenon/io/safetensors.hpp>
#include <tenon/tenon.hpp>
#include <utility>
#include <vector>

#include "../status_line.hpp"
#include "words.hpp"

namespace sequences {

namespace nn = tenon::nn;
using tenon::index_t;

inline constexpr index_t features = 16, hidden = 96, batch = 64;

/// Reads letter after letter; after each it has a score for every language.
struct LanguageOf : nn::Module<LanguageOf> {
  using Letters = nn::Embedding<256, features>;
  using Memory = nn::GRU<features, hidden>;
  using Languages = nn::Linear<hidden, language_count>;
  BOOST_HANA_DEFINE_STRUCT(LanguageOf, (Letters, letters), (Memory, memory), (Languages, languages));
  auto forward(const auto& x) const {  // (time, batch): bytes
    const auto [y, last] = memory(letters(x));
    return languages(y);  // (time, batch, language)
  }
  /// The scores (batch, language) after the last letter of each word, where words end after `lengths` letters.
  auto after_words(const auto& x, const std::vector<std::int64_t>& lengths) {
    const auto packed = nn::utils::rnn::pack_padded_sequence(letters(x), lengths);
    const auto [rows, last] = memory(packed);  // last: (1, batch, hidden)
    return languages(last[0]);
  }
};

/// Words as a network learns them: longest first, padded with zeros behind their ends.
struct Batch {
  tenon::Tensor<std::int64_t, longest, batch> letters;
  tenon::Tensor<std::int64_t, batch> languages;
  std::vector<std::int64_t> lengths;
};
inline Batch draw_batch(const std::vector<Word>& words) {
  std::uniform_int_distribution<std::size_t> any(0, words.size() - 1);
  std::vector<const Word*> drawn(batch);
  for (const Word*& word : drawn) word = &words[any(tenon::generator())];
  std::ranges::stable_sort(drawn, std::greater{}, [](const Word* word) { return word->bytes.size(); });
  Batch result;
  for (index_t n = 0; n < batch; ++n) {
    const Word& word = *drawn[static_cast<std::size_t>(n)];
    result.lengths.push_back(static_cast<std::int64_t>(word.bytes.size()));
    result.languages(n) = static_cast<std::int64_t>(word.language);
    for (std::size_t t = 0; t < word.bytes.size(); ++t)
      result.letters(static_cast<index_t>(t), n) = static_cast<unsigned char>(word.bytes[t]);
  }
  return result;
}

/// A model, its optimiser, and what the training was like so far.
struct Training {
  LanguageOf model;
  tenon::optim::Adam optimizer{model, {.lr = first_rate}};
  std::size_t words = 40000;   // of each language, from which the test's are taken
  std::uint64_t seed = 1;      // of those, and of which words are learnt when
  std::vector<double> losses;  // the mean of each `steps_of_a_point` steps

  static constexpr double first_rate = 4e-3;
  static constexpr std::size_t steps_of_a_point = 20;

  std::size_t steps() const { return losses.size() * steps_of_a_point; }

  /// Trains up to step `end` of `all`, a multiple of `steps_of_a_point`. The words of a step depend on its number and
  /// `seed` alone, so that a training that was stopped and resumed sees the same.
  void run(const std::vector<Word>& training_words, std::size_t end, std::size_t all) {
    const nn::CrossEntropyLoss<> criterion;
    const std::size_t begin = steps();
    examples::StatusLine line(end - begin, 10);
    double sum = 0;
    for (std::size_t step = begin; step < end; ++step) {
      tenon::manual_seed(seed + step);
      const Batch drawn = draw_batch(training_words);
      model.zero_grad();
      const auto loss = criterion(model.after_words(nn::Variable{drawn.letters}, drawn.lengths), drawn.languages);
      loss.backward();
      nn::utils::clip_grad_norm(model, 1.0);
      optimizer.options().lr = first_rate * (1 - static_cast<double>(step) / static_cast<double>(all));
      optimizer.step();

      sum += static_cast<double>(loss.item());
      const bool due = line.step();
      if ((step + 1) % steps_of_a_point == 0) losses.push_back(std::exchange(sum, 0) / steps_of_a_point);
      if (due && !losses.empty()) {
        char text[80];
        std::snprintf(text, sizeof text, "step %5zu/%zu  loss %.3f", step + 1, all, losses.back());
        line.draw(text);
      }
    }
    std::printf("%zu steps in %.1f s\n", end - begin, line.seconds());
  }

  /// Writes all of it to a file.
  void save(const std::filesystem::path& path) const {
    tenon::StateDict all = model.state_dict().prefixed("model.");
    all.merge(optimizer.state_dict().prefixed("optimizer."));
    std::ostringstream text;
    text.precision(17);
    for (const double loss : losses) text << loss << ' ';
    all.metadata()["losses"] = text.str();
    all.metadata()["words"] = std::to_string(words);
    all.metadata()["seed"] = std::to_string(seed);
    tenon::io::save_safetensors(path, all);
  }
  /// Takes it from a file that `save` has written.
  void load(const std::filesystem::path& path) {
    const tenon::StateDict all = tenon::io::load_safetensors(path);
    const auto numbers = [&](const char* name) {
      const auto entry = all.metadata().find(name);
      if (entry == all.metadata().end())
        tenon::raise(path.string() + ": wanted the " + name + " of a training in its metadata, found none");
      return std::istringstream(entry->second);
    };
    std::istringstream its_losses = numbers("losses");
    numbers("words") >> words;
    numbers("seed") >> seed;
    model.load_state_dict(all.subset("model."));
    optimizer.load_state_dict(all.subset("optimizer."));
    losses.clear();
    for (double loss = 0; its_losses >> loss;) losses.push_back(loss);
  }
};

}  // namespace sequences
