/// \file
/// The command lines of the examples: `--name VALUE`, and files.
#pragma once

#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace examples {

/// What the command line says. `--help` and mistakes end the program.
class CommandLine {
 public:
  /// Reads options of the given names, each with a value, and at most `most_files` arguments without a name.
  CommandLine(int argc, char** argv, const char* usage, std::initializer_list<const char*> names,
              std::size_t most_files = 0)
      : program_(std::filesystem::path(argv[0]).filename()) {
    std::vector<option> known;
    for (const char* name : names) known.push_back({name, required_argument, nullptr, 'v'});
    known.push_back({"help", no_argument, nullptr, 'h'});
    known.push_back({});
    int index = 0;
    for (int found; (found = getopt_long(argc, argv, "", known.data(), &index)) != -1;) {
      if (found == 'h') {
        std::fputs(usage, stdout);
        std::exit(0);
      } else if (found != 'v') {
        std::fputs(usage, stderr);
        std::exit(2);  // getopt_long has said what is wrong
      }
      values_[known[static_cast<std::size_t>(index)].name] = optarg;
    }
    files_.assign(argv + optind, argv + argc);
    if (files_.size() > most_files) {
      std::fprintf(stderr, "%s: unknown argument '%s'\n%s", program_.c_str(), files_[most_files].c_str(), usage);
      std::exit(2);
    }
  }

  std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }

  template <class Integer>
  Integer number(const std::string& name, Integer otherwise, Integer smallest) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    const std::string& value = found->second;
    const char* const end = value.data() + value.size();
    Integer number{};
    const auto [rest, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc{} && rest == end && number >= smallest) return number;
    std::fprintf(stderr, "%s: --%s wants a whole number from %s, found '%s'\n", program_.c_str(), name.c_str(),
                 std::to_string(smallest).c_str(), value.c_str());
    std::exit(2);
  }

  const std::vector<std::string>& files() const { return files_; }

 private:
  std::string program_;
  std::map<std::string, std::string> values_;
  std::vector<std::string> files_;
};

}  // namespace examples
