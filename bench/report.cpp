#include "report.hpp"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
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
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json entry{
        {"workload", row.workload}, {"mode", row.mode}, {"tenon_us", row.tenon_microseconds}, {"peer", nullptr},
        {"peer_us", nullptr},       {"ratio", nullptr}, {"max_error", row.max_error}};
    if (row.peer) {
      entry["peer"] = row.peer->name;
      entry["peer_us"] = row.peer->microseconds;
      entry["ratio"] = row.ratio();
    }
    list.push_back(entry);
  }
  std::ofstream file(path);
  file << list.dump(2) << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace bench
