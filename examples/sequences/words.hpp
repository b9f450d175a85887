/// \file
/// Words of six languages, from the word lists of Debian's spelling checkers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <tenon/tenon.hpp>
#include <utility>
#include <vector>

namespace sequences {

inline constexpr std::size_t language_count = 6;
inline constexpr std::array<const char*, language_count> language_names{"English", "German",  "French",
                                                                        "Spanish", "Italian", "Dutch"};
/// Their files, in the folder of word lists.
inline constexpr std::array<const char*, language_count> list_names{"american-english", "ngerman", "french",
                                                                    "spanish",          "italian", "dutch"};

/// Words are UTF-8. What a network reads of them are their bytes, in lower case where they are ASCII, so that it does
/// not know German by its capitals.
inline constexpr std::size_t shortest = 3, longest = 16;

struct Word {
  std::string bytes;
  std::size_t language;
};

inline std::string lower_case(std::string word) {
  for (char& byte : word)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  return word;
}

/// Whether a word has no capitals but the first, hyphens, apostrophes or digits, and its length is within the bounds.
inline bool is_plain(const std::string& word) {
  if (word.size() < shortest || word.size() > longest) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    const bool is_letter = byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (i == 0 && byte >= 'A' && byte <= 'Z');
    if (!is_letter) return false;
  }
  return true;
}

struct WordSet {
  std::vector<Word> training, test;
};

/// Reads as many words of each language, of the list `folder / list_names[...]`. Words that several languages have are
/// left out. A tenth is kept for the test.
inline WordSet read_words(const std::filesystem::path& folder, std::size_t of_each_language) {
  std::array<std::vector<std::string>, language_count> lists;
  std::map<std::string, std::size_t> seen;  // in how many languages
  for (std::size_t language = 0; language < language_count; ++language) {
    const auto path = folder / list_names[language];
    std::ifstream file(path);
    if (!file) tenon::raise(path.string() + ": cannot be opened: wanted the words of a language, one in each line");
    for (std::string line; std::getline(file, line);)
      if (is_plain(line)) lists[language].push_back(lower_case(line));
    std::ranges::sort(lists[language]);
    const auto rest = std::ranges::unique(lists[language]);
    lists[language].erase(rest.begin(), rest.end());
    for (const std::string& word : lists[language]) ++seen[word];
  }
  WordSet set;
  for (std::size_t language = 0; language < language_count; ++language) {
    auto& list = lists[language];
    std::erase_if(list, [&](const std::string& word) { return seen[word] > 1; });
    std::ranges::shuffle(list, tenon::generator());
    list.resize(std::min(list.size(), of_each_language));
    const std::size_t test = list.size() / 10;
    if (test == 0)
      tenon::raise((folder / list_names[language]).string() + ": wanted at least 10 words, found " +
                   std::to_string(list.size()));
    for (std::size_t i = 0; i < list.size(); ++i)
      (i < test ? set.test : set.training).push_back({std::move(list[i]), language});
  }
  return set;
}

}  // namespace sequences
