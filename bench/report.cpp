#include "report.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace bench {

bool Row::is_right() const {
  // The rounding of float, accumulated over a network; and far from it.
  constexpr double careful = 1e-6, wrong = 1e-4;
  const double yardstick = peer ? peer->error : careful;
  return max_error <= 4 * yardstick && yardstick < wrong;
}

void print_header() {
  std::printf("\n%-8s  %-9s  %10s  %6s  %-30s  %10s  %7s  %8s  %8s\n", "workload", "mode", "tenon us", "% peak", "peer",
              "peer us", "ratio", "error", "peer's");
}

void print(const Row& row) {
  std::printf("%-8s  %-9s  %10.3f  %6.1f  ", row.workload.c_str(), row.mode.c_str(), row.tenon_microseconds,
              row.percent_of_peak);
  if (row.peer)
    std::printf("%-30s  %10.3f  %7.2f  %8.1e  %8.1e", row.peer->name.c_str(), row.peer->microseconds, row.ratio(),
                row.max_error, row.peer->error);
  else
    std::printf("%-30s  %10s  %7s  %8.1e  %8s", "-", "-", "-", row.max_error, "-");
  if (row.disturbed > 0.25) std::printf("  busy core: %.0f %% of turns disturbed", 100 * row.disturbed);
  std::puts(row.is_right() ? "" : "  FAIL");
  std::fflush(stdout);
}

void write_json(const std::filesystem::path& path, std::span<const Row> rows) {
  rapidjson::StringBuffer text;
  rapidjson::PrettyWriter writer(text);
  writer.SetIndent(' ', 2);
  const auto put_string = [&](const char* key, const std::string& value) {
    writer.Key(key);
    writer.String(value.c_str());
  };
  const auto put_number = [&](const char* key, std::optional<double> value) {
    writer.Key(key);
    if (!value || !std::isfinite(*value))
      writer.Null();
    else
      writer.Double(*value);
  };
  writer.StartArray();
  for (const Row& row : rows) {
    writer.StartObject();
    put_string("workload", row.workload);
    put_string("mode", row.mode);
    put_number("tenon_us", row.tenon_microseconds);
    if (row.peer) {
      put_string("peer", row.peer->name);
    } else {
      writer.Key("peer");
      writer.Null();
    }
    put_number("peer_us", row.peer ? std::optional(row.peer->microseconds) : std::nullopt);
    put_number("ratio", row.peer ? std::optional(row.ratio()) : std::nullopt);
    put_number("max_error", row.max_error);
    writer.EndObject();
  }
  writer.EndArray();
  std::ofstream file(path);
  file << text.GetString() << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace bench
