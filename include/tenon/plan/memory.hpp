/// \file
/// The memory of a plan: where each edge lies in one arena, whose size is known as soon as the stages are.
#pragma once

#include <algorithm>
#include <limits>

#include "../core/memory.hpp"
#include "graph.hpp"

namespace tenon::inline TENON_ISA::plan {

/// A piece of the workspace.
struct Piece {
  std::size_t offset = 0, bytes = 0;
};

/// The places of everything that a run needs.
struct MemoryPlan {
  std::vector<Location> edges;
  List<std::size_t> scratch, packed, state;  // by stage: offsets
  /// The piece in which a result lies if it stays in the workspace.
  std::vector<Piece> results;
  /// The piece to which a run first copies an input that it might overwrite before it has read all of it, since the
  /// input lies in a result of the run before, or in a tensor that a result goes to. It is empty where all inputs are
  /// read before anything is written there.
  std::vector<Piece> input_copies;
  std::size_t workspace_bytes = 0, weight_bytes = 0, state_bytes = 0;
};

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + memory::alignment - 1) / memory::alignment * memory::alignment;
}

namespace detail {

/// Memory that is in use from stage `first` to stage `last`, both included, and from the beginning of the run to stage
/// `early`. The beginning is stage -1, when inputs are copied.
struct Block {
  std::size_t bytes = 0;
  int first = 0, last = -1, early = -2;
  std::size_t begin = 0;
  constexpr std::size_t end() const { return begin + bytes; }
  /// Returns whether both are in use at the same time.
  constexpr bool meets(const Block& other) const {
    return (first <= other.last && other.first <= last) || first <= other.early || other.first <= early ||
           (early >= -1 && other.early >= -1);
  }
};

/// The blocks of the workspace, none of which overlaps another that is in use at the same time.
class Arena {
 public:
  /// Places the blocks by decreasing size, each in the lowest gap that it fits.
  TENON_COLD constexpr void place_all(std::vector<Block>& blocks) {
    for (Block& block : blocks) placed_.push_back(&block);
    std::sort(placed_.data(), placed_.data() + placed_.size(),
              [](const Block* a, const Block* b) { return a->bytes != b->bytes ? a->bytes > b->bytes : a < b; });
    for (Block* const* block = placed_.data(); block != placed_.data() + placed_.size(); ++block) place(block);
  }
  constexpr std::size_t bytes() const { return bytes_; }

 private:
  /// Places a block beside those before it.
  TENON_COLD constexpr void place(Block* const* at) {
    Block& block = **at;
    List<const Block*> met;  // in the order in which they lie
    for (Block* const* other = placed_.data(); other != at; ++other) {
      if (!(*other)->meets(block)) continue;
      std::size_t behind = met.size();
      while (behind > 0 && met[behind - 1]->begin > (*other)->begin) --behind;
      met.insert(met.begin() + static_cast<std::ptrdiff_t>(behind), *other);
    }
    for (const Block* other : met) {
      if (other->begin >= block.begin + block.bytes) break;
      block.begin = (std::max)(block.begin, aligned(other->end()));
    }
    bytes_ = (std::max)(bytes_, block.end());
  }
  List<Block*> placed_;
  std::size_t bytes_ = 0;
};

/// The edges that share memory, and the stages during which each piece of it is in use.
class Lifetimes {
 public:
  TENON_COLD constexpr Lifetimes(const Graph& graph, const std::vector<Stage>& stages, std::span<const int> results)
      : graph_(graph), edges_(static_cast<std::size_t>(graph.edges())) {
    const int end = static_cast<int>(stages.size());
    for (int edge = 0; edge < graph.edges(); ++edge) at(edge) = {{aligned(graph.bytes(edge)), end, -1}, edge, -1};
    for (int s = 0; s < end; ++s)
      for (const int input : graph.ports(stages[static_cast<std::size_t>(s)].inputs))
        at(graph.whole(input)).last_read = s;
    for (const int result : results) at(result).last_read = end;
    for (int s = 0; s < end; ++s) {
      const Stage& stage = stages[static_cast<std::size_t>(s)];
      share(stage, s);
      for (const Range range : {stage.outputs, stage.inputs})
        for (const int edge : graph.ports(range)) use(graph.whole(edge), s);
    }
    for (const int result : results) use(result, end);
  }
  /// Returns the edge in whose memory `whole` lies, which is an edge that is placed in no other.
  constexpr int memory_of(int whole) const {
    while (at(whole).shares != whole) whole = at(whole).shares;
    return whole;
  }
  constexpr bool is_read(int edge) const { return at(graph_.whole(edge)).last_read >= 0; }
  constexpr const Block& operator[](int edge) const { return at(edge).block; }

 private:
  struct Edge {
    Block block;
    int shares = -1;     // the edge over which it lies; itself if it has memory of its own
    int last_read = -1;  // the last stage that reads it
  };
  constexpr Edge& at(int edge) { return edges_[static_cast<std::size_t>(edge)]; }
  constexpr const Edge& at(int edge) const { return edges_[static_cast<std::size_t>(edge)]; }
  constexpr void use(int whole, int stage) {
    Block& block = at(memory_of(whole)).block;
    block.first = (std::min)(block.first, stage);
    block.last = (std::max)(block.last, stage);
  }
  /// Lets the output of a stage lie over an input that nothing reads later, where the stage allows it.
  constexpr void share(const Stage& stage, int number) {
    const int output = graph_.ports(stage.outputs)[0];
    if (graph_.whole(output) != output || at(output).shares != output) return;
    for (int i = 0; i < stage.kernel->in_place; ++i) {
      const int input = graph_.ports(stage.inputs)[static_cast<std::size_t>(i)];
      if (graph_.whole(input) != input || graph_.is_input(input) || graph_.is_constant(input)) continue;
      if (at(input).last_read != number || graph_.bytes(input) != graph_.bytes(output)) continue;
      at(output).shares = input;
      return;
    }
  }

  const Graph& graph_;
  std::vector<Edge> edges_;
};

}  // namespace detail

/// Places everything that a run of `stages` needs. The `results` stay to the end; each is written by a stage and lies
/// in no other edge. The inputs are the caller's, and may be results of the run before.
TENON_COLD constexpr MemoryPlan plan_memory(const Graph& graph, const std::vector<Stage>& stages,
                                            std::span<const int> results) {
  const auto index = [](int i) { return static_cast<std::size_t>(i); };
  const int end = static_cast<int>(stages.size()), edges = graph.edges(), inputs = graph.inputs();
  MemoryPlan plan{std::vector<Location>(index(edges)), List<std::size_t>(index(end)),
                  List<std::size_t>(index(end)),       List<std::size_t>(index(end)),
                  std::vector<Piece>(results.size()),  std::vector<Piece>(index(inputs))};
  const detail::Lifetimes lifetimes(graph, stages, results);

  std::vector<detail::Block> blocks;
  List<int> block_of(index(edges + end), -1);  // by edge with memory of its own; then by stage, for its scratch memory
  const auto append = [&](const detail::Block& block, int owner) {
    block_of[index(owner)] = static_cast<int>(blocks.size());
    blocks.push_back(block);
  };
  for (int edge = inputs; edge < edges; ++edge) {
    const detail::Block& block = lifetimes[edge];
    if (!graph.is_constant(edge) && block.first <= block.last && lifetimes.is_read(edge)) append(block, edge);
  }
  for (int s = 0; s < end; ++s) {
    const Stage& stage = stages[index(s)];
    plan.packed[index(s)] = plan.weight_bytes;
    plan.weight_bytes += aligned(stage.kernel->packed_bytes);
    plan.state[index(s)] = plan.state_bytes;
    plan.state_bytes += aligned(stage.kernel->state_bytes);
    if (stage.kernel->scratch_bytes > 0)
      append({aligned(stage.kernel->scratch_bytes), s, stage.kernel->reports() ? end : s}, edges + s);
  }

  // An input may lie in a result of the run before. Either nothing is written where results lie before the inputs have
  // been read, or such an input is copied first.
  int inputs_read = -1;
  std::size_t input_bytes = 0, result_bytes = 0;
  for (int input = 0; input < inputs; ++input) {
    inputs_read = (std::max)(inputs_read, lifetimes[input].last);
    input_bytes += graph.bytes(input);
  }
  const auto result_block = [&](int result) -> detail::Block& {
    return blocks[index(block_of[index(lifetimes.memory_of(result))])];
  };
  bool results_come_later = true;
  for (const int result : results) {
    result_bytes += graph.bytes(result);
    results_come_later = results_come_later && result_block(result).first > inputs_read;
  }
  const bool copies = !results_come_later || result_bytes > input_bytes;
  for (const int result : results) result_block(result).early = copies ? -1 : inputs_read;
  const std::size_t own_blocks = blocks.size();
  if (copies)
    for (int input = 0; input < inputs; ++input) blocks.push_back({graph.bytes(input), 0, lifetimes[input].last, -1});
  detail::Arena arena;
  arena.place_all(blocks);
  plan.workspace_bytes = arena.bytes();
  if (copies)
    for (int input = 0; input < inputs; ++input)
      plan.input_copies[index(input)] = {blocks[own_blocks + index(input)].begin, graph.bytes(input)};

  for (int s = 0; s < end; ++s) {
    const int block = block_of[index(edges + s)];
    if (block >= 0) plan.scratch[index(s)] = blocks[index(block)].begin;
  }
  std::vector<Location> memories(index(edges));  // by edge with memory of its own
  for (int edge = 0; edge < edges; ++edge) {
    const int block = block_of[index(edge)];
    if (graph.is_input(edge)) memories[index(edge)].base = Location::first_argument + static_cast<std::uint32_t>(edge);
    if (block >= 0) memories[index(edge)] = {Location::workspace, blocks[index(block)].begin};
  }
  for (int s = 0; s < end; ++s)
    if (!stages[index(s)].run)
      memories[index(graph.ports(stages[index(s)].outputs)[0])] = {Location::weights, plan.packed[index(s)]};
  for (std::size_t r = 0; r < results.size(); ++r) {
    Location& memory = memories[index(lifetimes.memory_of(results[r]))];
    plan.results[r] = {memory.offset, graph.bytes(results[r])};
    memory = {Location::first_argument + static_cast<std::uint32_t>(inputs) + static_cast<std::uint32_t>(r), 0};
  }
  for (int edge = 0; edge < edges; ++edge) {
    const Location memory = memories[index(lifetimes.memory_of(graph.whole(edge)))];
    if (memory.base != Location::nowhere) plan.edges[index(edge)] = {memory.base, memory.offset + graph.offset(edge)};
  }
  return plan;
}

}  // namespace tenon::inline TENON_ISA::plan
