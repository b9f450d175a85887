/// \file
/// What is shown and kept.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace bench {

/// tenon beside one peer, or alone.
struct Row {
  struct PeerFigures {
    std::string name;
    double microseconds, error;
  };

  std::string workload, mode;
  double tenon_microseconds;
  double percent_of_peak;
  double disturbed;  ///< the share of measurements that other programs disturbed
  double max_error;  ///< against double precision, relative to the largest of the values compared
  std::optional<PeerFigures> peer;

  /// How many times as fast as the peer tenon is.
  double ratio() const { return peer->microseconds / tenon_microseconds; }
  /// No more than four times as far from the truth as the peer, which must itself have computed the same thing.
  bool is_right() const;
};

void print_header();
void print(const Row& row);

/// A list of {workload, mode, tenon_us, peer, peer_us, ratio, max_error}; without a peer its three are null.
void write_json(const std::filesystem::path& path, std::span<const Row> rows);

}  // namespace bench
