/// \file
/// The plan of a net while it is made: a flat, numbered list of operations over numbered edges.
///
/// An edge is a value: a tensor between two operations. Containers and a user's `forward` append to the same list.
/// Whether an operation becomes a stage of its own, or is taken in by the stage that makes its input (an activation by
/// a convolution), is decided when the list is complete: if nothing else reads the edge between the two, it is never
/// written.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "../core/allocator.hpp"
#include "../core/error.hpp"
#include "call.hpp"

namespace tenon::inline TENON_ISA::plan {

/// Consecutive entries of a list that all stages share. (A list of each stage's own would exceed the limits of constant
/// expressions at 100 to 200 stages.)
struct Range {
  int first = 0, count = 0;
};

/// The elements of a layer's parameters, in the order of its arguments; null for one that is left out. There are none
/// where a plan is made from types alone.
struct Parameters {
  const void* const* first = nullptr;
  int count = 0;
};

/// The bytes of an edge, and for readers of the plan its shape, element type and layout.
struct EdgeType {
  std::size_t bytes = 0;
  Constants<index_t> extents;
  std::string_view element, layout;
};

/// The reason why a kernel does not compute an operation.
struct Refusal {
  std::string_view kernel, reason;
};

/// The properties of a kernel, which computes stages.
struct KernelInfo {
  std::string_view name;
  Constants<Refusal> refusals;  // of the kernels before it in their list
  Pack pack = nullptr;
  std::size_t packed_bytes = 0, scratch_bytes = 0, state_bytes = 0;
  int in_place = 0;               // the first output may lie over one of so many first inputs
  std::size_t written_bytes = 0;  // of the first output, where other stages write the rest; 0 for all of it
  std::string_view index_reader;  // the name in errors of a stage that leaves an IndexReport,
  index_t index_limit = 0;        // and the bound of its indices

  constexpr bool reports() const { return index_limit > 0; }
};

/// A function that may not be known yet. (Under -fsanitize=undefined, g++ does not compare a pointer to a function with
/// null in constant expressions.)
class MaybeRun {
 public:
  constexpr MaybeRun() = default;
  constexpr MaybeRun(Run run) : run_(run), is_known_(true) {}
  constexpr explicit operator bool() const { return is_known_; }
  constexpr Run operator*() const { return run_; }

 private:
  Run run_ = nullptr;
  bool is_known_ = false;
};

/// A step of a plan: one call of one function.
struct Stage {
  MaybeRun run{};  // unknown for a constant, whose output is its packed weights, and for an open stage until it is read
  const KernelInfo* kernel = nullptr;
  Range inputs, outputs;  // edges
  Range parameters, normalization;
  double eps = 0;  // of the normalization
  std::array<double, 2> numbers{};
};

/// A row of a summary: an operation as the model has it.
struct Row {
  std::string_view name;
  Constants<index_t> output;
  index_t parameters = 0, multiply_adds = 0;
  int stage = -1;  // the number of the stage that computes it, from 0; -1 where nothing is to be computed
};

/// The finished list of stages, in the order in which they run.
struct Stages {
  std::vector<Stage> list;
  List<int> computed_in;  // by operation: a stage, or -1
};

/// A plan while it is made: operations over edges. See the file's comment.
class Graph {
 public:
  // ---- edges

  /// Appends an edge that no operation writes as a whole, an input or one that others are placed in. Returns its
  /// number.
  TENON_COLD constexpr int append_edge(const EdgeType& type) {
    edges_.push_back({type});
    return static_cast<int>(edges_.size()) - 1;
  }
  /// Appends an input of the net. Inputs come before all other edges, numbered as the net's arguments.
  constexpr int append_input(const EdgeType& type) {
    ++inputs_;
    return append_edge(type);
  }
  constexpr int inputs() const { return inputs_; }
  constexpr bool is_input(int edge) const { return edge < inputs_; }
  constexpr bool is_constant(int edge) const { return at(edge).constant; }
  constexpr int edges() const { return static_cast<int>(edges_.size()); }
  constexpr const EdgeType& type(int edge) const { return at(edge).type; }
  constexpr std::size_t bytes(int edge) const { return at(edge).type.bytes; }

  /// Places the edge `part` in the edge `whole`, `offset` bytes from its start, so that they share memory. An edge lies
  /// in one other at most, and inputs and constants lie in none.
  constexpr void place(int part, int whole, std::size_t offset) {
    at(part).whole = whole;
    at(part).offset = offset;
    at(part).pinned = at(whole).pinned = true;
  }
  constexpr bool can_be_placed(int edge) const { return !is_input(edge) && at(edge).whole < 0 && !at(edge).constant; }
  /// Returns the outermost edge that `edge` lies in; itself if it lies in no other.
  constexpr int whole(int edge) const {
    while (at(edge).whole >= 0) edge = at(edge).whole;
    return edge;
  }
  /// Returns where `edge` starts in the outermost edge that it lies in, in bytes.
  constexpr std::size_t offset(int edge) const {
    std::size_t sum = 0;
    for (; at(edge).whole >= 0; edge = at(edge).whole) sum += at(edge).offset;
    return sum;
  }

  // ---- operations

  TENON_COLD constexpr Range range(std::initializer_list<int> edges) {
    const Range all{static_cast<int>(ports_.size()), static_cast<int>(edges.size())};
    for (const int edge : edges) ports_.push_back(edge);
    return all;
  }
  constexpr Constants<int> ports(Range range) const {
    return {ports_.data() + range.first, static_cast<std::size_t>(range.count)};
  }
  TENON_COLD constexpr Range parameters(Parameters elements) {
    const Range all{static_cast<int>(parameters_.size()), elements.count};
    for (int i = 0; i < elements.count; ++i) parameters_.push_back(elements.first[i]);
    return all;
  }
  /// Returns the tensors that the weights of `stage` are packed from.
  Source source(const Stage& stage) const {
    const auto at = [this](Range range) { return range.count > 0 ? parameters_.data() + range.first : nullptr; };
    return {at(stage.parameters), at(stage.normalization), stage.eps};
  }

  /// Appends `stage`, and returns the new edge that it writes. The edge is open if `run` of the stage is not known yet;
  /// `read` sets it then.
  TENON_COLD constexpr int append(Stage stage, const EdgeType& type) {
    const int edge = append_edge(type);
    append_to(stage, {edge});
    return edge;
  }
  /// Appends `stage`, which writes `outputs`: new edges, or an edge of which other stages write the rest.
  TENON_COLD constexpr void append_to(Stage stage, std::initializer_list<int> outputs) {
    const int number = static_cast<int>(operations_.size());
    for (const int edge : outputs) {
      at(edge).operation = number;
      at(edge).host = number;
    }
    stage.outputs = range(outputs);
    mark_read(stage);
    operations_.push_back({stage, {}, -1});
  }
  /// Appends an operation on the open edge `edge`, and returns the new edge that it writes. If nothing else reads
  /// `edge`, the stage `merged`, which computes both operations, takes the place of the one that makes `edge`; else
  /// `alone` becomes a stage.
  TENON_COLD constexpr int append_merged(int edge, Stage alone, Stage merged, const EdgeType& type) {
    const int after = append_edge(type);
    alone.outputs = merged.outputs = range({after});
    mark_read(alone);
    at(after).operation = static_cast<int>(operations_.size());
    at(after).host = at(edge).host;
    operations_.push_back({alone, merged, edge});
    return after;
  }
  /// Returns the stage that computes the open edge `edge`, with all operations that it may take in.
  constexpr const Stage& open_stage(int edge) const {
    const Operation& operation = operations_[index(at(edge).operation)];
    return operation.into < 0 ? operation.alone : operation.merged;
  }
  /// Notes that something reads the open edge `edge` as it is, so that its stage ends there and is computed by `run`.
  constexpr void read(int edge, MaybeRun run) { at(edge).run = run; }
  constexpr bool is_read(int edge) const { return at(edge).is_read; }

  /// Appends an edge that holds `elements`, and returns it; `kernel` packs a copy of them beside the weights.
  int append_constant(List<std::byte> elements, const KernelInfo& kernel, const EdgeType& type) {
    constants_.push_back(std::move(elements));
    Stage stage;
    stage.kernel = &kernel;
    const void* const first = constants_.back().data();
    stage.parameters = parameters({&first, 1});
    const int edge = append(stage, type);
    at(edge).constant = true;
    return edge;
  }

  /// Returns the stages that compute the edges `results`, in the order in which they run.
  TENON_COLD constexpr Stages stages(std::span<const int> results) const {
    std::vector<Use> uses = used_edges(results);
    std::vector<Fate> fates(operations_.size());
    for (int number = 0; number < static_cast<int>(operations_.size()); ++number) {
      const Operation& operation = operations_[index(number)];
      const int into = operation.into, output = ports(operation.alone.outputs)[0];
      Fate& fate = fates[index(number)];
      fate.in_use = is_wanted(uses, operation);
      if (!fate.in_use) continue;
      const bool merges =
          into >= 0 && uses[index(into)].reads == 1 && !at(into).pinned && uses[index(into)].host == at(into).host;
      uses[index(output)].host = merges ? at(into).host : number;
      if (merges) {
        Fate& before = fates[index(at(into).operation)];
        before.in_use = false;
        before.taken_by = number;
      }
      fate.stage = merges ? &operation.merged : &operation.alone;
      fate.run = fate.stage->run;
      if (!fate.run && (merges || into < 0)) fate.run = at(output).run;
    }
    Stages stages;
    stages.list.reserve(fates.size());
    for (Fate& fate : fates) {
      if (!fate.in_use) continue;
      fate.position = static_cast<int>(stages.list.size());
      stages.list.push_back(*fate.stage);
      stages.list.back().run = fate.run;
      if (!fate.run && !is_constant(ports(fate.stage->outputs)[0]))
        raise("compile: a stage has no function, which is a fault of tenon");
    }
    stages.computed_in = List<int>(fates.size());
    for (std::size_t number = 0; number < fates.size(); ++number) {
      std::size_t last = number;
      while (fates[last].taken_by >= 0) last = index(fates[last].taken_by);
      stages.computed_in[number] = fates[last].position;
    }
    return stages;
  }

  // ---- rows of a summary

  constexpr int operations() const { return static_cast<int>(operations_.size()); }
  /// Notes that `row` is the last operation, if any was appended since there were `before` of them. (Conversions of its
  /// inputs come before it.)
  TENON_COLD constexpr void note(Row row, int before) {
    row.stage = operations() > before ? operations() - 1 : -1;
    rows_.push_back(row);
  }
  /// Returns the operations as the model has them, each with its stage.
  TENON_COLD std::vector<Row> rows(const Stages& stages) const {
    std::vector<Row> rows = rows_;
    for (Row& row : rows)
      if (row.stage >= 0) row.stage = stages.computed_in[index(row.stage)];
    return rows;
  }
  /// Releases the memory that only further operations need.
  void finish() {
    operations_ = {};
    constants_ = {};
    parameters_ = {};
  }

 private:
  struct Edge {
    EdgeType type;
    int operation = -1;  // the operation that writes it
    int host = -1;       // the operation whose kernel computes it, if that takes in all that it may
    MaybeRun run{};      // the function of its stage, for an open edge that is read
    int whole = -1;      // the edge that it lies in
    std::size_t offset = 0;
    bool constant = false, pinned = false, is_read = false;
  };
  struct Operation {
    Stage alone, merged;
    int into;  // the edge whose stage may take it in
  };

  static constexpr std::size_t index(int i) { return static_cast<std::size_t>(i); }
  constexpr Edge& at(int edge) { return edges_[index(edge)]; }
  constexpr const Edge& at(int edge) const { return edges_[index(edge)]; }
  constexpr void mark_read(const Stage& stage) {
    for (const int edge : ports(stage.inputs)) at(edge).is_read = true;
  }

  /// The use of an edge in a plan for certain results.
  struct Use {
    bool wanted = false;  // whether anything in the edge is, for an edge that lies in no other
    int reads = 0;        // by operations that are needed
    int host = -1;        // the operation whose kernel computes it
  };
  /// The fate of an operation in a plan for certain results.
  struct Fate {
    bool in_use = false;  // whether a stage ends with the operation
    const Stage* stage = nullptr;
    MaybeRun run{};
    int taken_by = -1;  // the operation whose stage computes it as well
    int position = -1;  // of its stage
  };
  constexpr bool is_wanted(const std::vector<Use>& uses, const Operation& operation) const {
    for (const int output : ports(operation.alone.outputs))
      if (uses[index(whole(output))].wanted) return true;
    return false;
  }
  TENON_COLD constexpr std::vector<Use> used_edges(std::span<const int> results) const {
    std::vector<Use> uses(index(edges()));
    const auto read = [&](int edge) {
      uses[index(whole(edge))].wanted = true;
      ++uses[index(edge)].reads;
    };
    for (const int result : results) read(result);
    for (std::size_t o = operations_.size(); o-- > 0;)
      if (is_wanted(uses, operations_[o]))
        for (const int input : ports(operations_[o].alone.inputs)) read(input);
    return uses;
  }

  int inputs_ = 0;
  std::vector<Edge> edges_;
  std::vector<Operation> operations_;
  List<int> ports_;
  List<const void*> parameters_;
  std::vector<Row> rows_;  // `stage` is a number of an operation
  std::vector<List<std::byte>> constants_;
};

}  // namespace tenon::inline TENON_ISA::plan
