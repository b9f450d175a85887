/// \file
/// The plan of a net: a flat, numbered list of stages over numbered edges. Containers and a user's `forward` append to
/// the same list, so fusion, layouts and memory planning exist once.
///
/// An edge is a value: a tensor between two stages. An operation that can be folded into the stage that made its input
/// (batch normalization into a convolution, an activation into either) does not append a stage: it takes the stage's
/// output over, and the edge in between is never written. If something else turns out to read that edge, the stage is
/// split again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/allocator.hpp"
#include "../core/memory.hpp"
#include "../core/shape.hpp"

namespace tenon::inline TENON_ISA::planning {

/// Computes a stage: its inputs, its packed weights, its scratch memory, its output.
using Run = void (*)(const void* a, const void* b, const std::byte* packed, void* scratch, void* y) noexcept;

/// A batch normalization in evaluation mode: per channel, a scale and a shift.
struct Affine {
  const void *weight = nullptr, *bias = nullptr, *mean = nullptr, *variance = nullptr;
  double eps = 0;
  bool present = false;
};

/// Where a stage's packed weights come from; the tensors are read once, when the net is built.
struct Source {
  const void *weight = nullptr, *bias = nullptr;
  Affine affine = {};
  double scale = 1, shift = 0;  // of a stage that computes scale * x + shift
};

/// Writes a stage's packed weights.
using Pack = void (*)(const Source& source, std::byte* packed);

/// What a stage that reads indices tells of its last run: the position of the first one outside its range, or -1. It
/// lies at the beginning of the stage's scratch memory, which is the stage's alone until the next call.
struct IndexReport {
  index_t position = -1;
  std::int64_t found = 0;
};

struct Stage {
  int a = -1, b = -1, output = -1;  // edges
  Run run = nullptr;                // of a complete stage: null of a constant, whose packed weights are its output
  Pack pack = nullptr;
  Source source;
  std::size_t packed_bytes = 0, scratch_bytes = 0;
  bool complete = false;  // `run` is known: nothing more can be taken in
  std::string_view index_reader;  // where the stage leaves an IndexReport: what errors call it,
  index_t index_limit = 0;        // and what its indices are below

  constexpr explicit Stage(int first, int second = -1) : a(first), b(second) {}
  constexpr Stage& computed_by(Run function) {
    run = function;
    complete = true;
    return *this;
  }
  constexpr Stage& packed_by(Pack function, const Source& from, std::size_t bytes) {
    pack = function;
    source = from;
    packed_bytes = bytes;
    return *this;
  }
  constexpr Stage& with_scratch(std::size_t bytes) {
    scratch_bytes = bytes;
    return *this;
  }
  /// The stage reads indices in [0, limit) and leaves an IndexReport at the beginning of its scratch memory.
  constexpr Stage& reports_indices(std::string_view name, index_t limit) {
    if (scratch_bytes < sizeof(IndexReport)) scratch_bytes = sizeof(IndexReport);
    index_reader = name;
    index_limit = limit;
    return *this;
  }
  constexpr bool reports() const { return index_limit > 0; }
};

/// One row of a summary: an operation as the model has it, before fusion.
struct Row {
  std::string_view name;
  List<index_t> output;
  index_t parameters = 0, multiply_adds = 0;
};

class Graph {
 public:
  static constexpr int input = 0;

  constexpr explicit Graph(std::size_t input_bytes) { append_edge(input_bytes); }

  /// A new edge of `bytes` bytes that no stage writes as a whole: others are placed in it, or it in another.
  constexpr int append_edge(std::size_t bytes) {
    edges_.push_back({bytes, -1});
    return static_cast<int>(edges_.size()) - 1;
  }
  /// `part` lies in `whole`, `offset` bytes from its start: what writes or reads the one writes or reads the other. An
  /// edge lies in one other at most, and the input and constants in none.
  constexpr void place(int part, int whole, std::size_t offset) {
    edges_[index(part)].whole = whole;
    edges_[index(part)].offset = offset;
  }
  constexpr bool can_be_placed(int edge) const {
    return edge != input && edges_[index(edge)].whole < 0 && !edges_[index(edge)].constant;
  }
  /// The edge that `edge` lies in, itself if in no other, and where it starts there.
  constexpr int whole(int edge) const {
    while (edges_[index(edge)].whole >= 0) edge = edges_[index(edge)].whole;
    return edge;
  }
  constexpr std::size_t offset(int edge) const {
    std::size_t sum = 0;
    for (; edges_[index(edge)].whole >= 0; edge = edges_[index(edge)].whole) sum += edges_[index(edge)].offset;
    return sum;
  }

  /// Appends `stage`, which writes a part of `edge`; others write the rest.
  constexpr void append_part(Stage stage, int edge) {
    stage.output = edge;
    chains_.push_back({stage, {}, {}});
  }

  /// A new edge that holds `elements`, of which `pack` writes a copy beside the packed weights.
  int append_constant(List<std::byte> elements, Pack pack) {
    const std::size_t bytes = elements.size();
    constants_.push_back(std::move(elements));
    Stage stage(-1);
    stage.computed_by(nullptr).packed_by(pack, Source{constants_.back().data()}, bytes);
    const int edge = append(stage, bytes);
    edges_[index(edge)].constant = true;
    return edge;
  }

  /// Appends `stage`, whose output becomes a new edge of `bytes` bytes. `run` may still be unset: `use` sets it.
  constexpr int append(Stage stage, std::size_t bytes) {
    const int edge = static_cast<int>(edges_.size());
    stage.output = edge;
    edges_.push_back({bytes, static_cast<int>(chains_.size())});
    chains_.push_back({stage, {}, {}});
    return edge;
  }

  /// Whether the stage that writes `edge` can still take an operation in.
  constexpr bool open(int edge) const {
    const int chain = edges_[index(edge)].chain;
    return chain >= 0 && chains_[index(chain)].head.output == edge && !chains_[index(chain)].head.complete;
  }

  /// The stage that writes an open `edge`, as it is now.
  constexpr const Stage& stage(int edge) const { return chains_[index(edges_[index(edge)].chain)].head; }

  /// The stage that writes `edge` becomes `merged`, which also computes what `standalone` would. Returns the new
  /// output, an edge of `bytes` bytes.
  constexpr int take_over(int edge, Stage merged, Stage standalone, std::size_t bytes) {
    const int after = static_cast<int>(edges_.size());
    const int number = edges_[index(edge)].chain;
    edges_.push_back({bytes, number});
    Chain& chain = chains_[index(number)];
    standalone.a = edge;
    standalone.output = merged.output = after;
    chain.taken.push_back({chain.head, standalone});
    chain.head = merged;
    return after;
  }

  /// Something reads `edge`: if its stage was left open, `run` computes it as it is now.
  constexpr void use(int edge, Run run) {
    Chain& chain = chains_[index(edges_[index(edge)].chain)];
    if (chain.head.output == edge) {
      if (!chain.head.complete) chain.head.computed_by(run);
      return;
    }
    // The edge was folded away: everything that was taken in after it becomes a stage of its own.
    for (std::size_t t = 0; t < chain.taken.size(); ++t)
      if (chain.taken[t].before.output == edge) {
        chain.head = chain.taken[t].before;
        chain.head.computed_by(run);
        // They run before what was split off earlier, which reads their outputs.
        for (std::size_t rest = t; rest < chain.taken.size(); ++rest)
          chain.split.insert(chain.split.begin() + static_cast<std::ptrdiff_t>(rest - t), chain.taken[rest].standalone);
        chain.taken.erase(chain.taken.begin() + static_cast<std::ptrdiff_t>(t), chain.taken.end());
        return;
      }
  }

  /// The stages in the order in which they run, without those nothing has read.
  constexpr std::vector<Stage> stages() const {
    std::vector<Stage> all;
    for (const Chain& chain : chains_) {
      if (!chain.head.complete) continue;
      all.push_back(chain.head);
      for (const Stage& stage : chain.split) all.push_back(stage);
    }
    return all;
  }
  constexpr std::size_t edges() const { return edges_.size(); }
  constexpr std::size_t bytes(int edge) const { return edges_[index(edge)].bytes; }

  constexpr void note(Row row) { rows_.push_back(std::move(row)); }
  constexpr const std::vector<Row>& rows() const { return rows_; }

 private:
  struct Edge {
    std::size_t bytes;
    int chain;       // that writes it; -1 for the input and what is written in parts
    int whole = -1;  // that it lies in
    std::size_t offset = 0;
    bool constant = false;
  };
  struct Taken {
    Stage before;      // the stage without what it took in
    Stage standalone;  // what it took in
  };
  /// A stage, what it has taken in, and what was split off again.
  struct Chain {
    Stage head;
    std::vector<Taken> taken;
    std::vector<Stage> split;
  };

  static constexpr std::size_t index(int i) { return static_cast<std::size_t>(i); }

  std::vector<Edge> edges_;
  std::vector<Chain> chains_;
  std::vector<Row> rows_;
  std::vector<List<std::byte>> constants_;
};

}  // namespace tenon::inline TENON_ISA::planning
