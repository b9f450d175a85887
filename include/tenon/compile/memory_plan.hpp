/// \file
/// Where each edge of a plan lies: one arena, its size known as soon as the stages are.
#pragma once

#include <algorithm>
#include <cstdint>

#include "graph.hpp"

namespace tenon::inline TENON_ISA::planning {

/// A place in the memory of a running net.
struct Location {
  enum Base : unsigned { input, output, workspace, weights };
  Base base = workspace;
  std::size_t offset = 0;
};

/// Where a run first copies an input that it would overwrite before it has read all of it: one that lies in the result
/// of the run before, or in the tensor the result goes to.
struct InputCopy {
  std::size_t offset = 0;  // into the workspace
  std::size_t bytes = 0;   // none: what such an input needs is read before anything is written there
  std::size_t result_bytes = 0;

  /// Whether the run needs the copy: `x` is its input, `y` where its result goes, `kept` where a result stays.
  bool is_needed(const void* x, const void* y, const void* kept) const noexcept {
    return bytes > 0 && (overlaps(x, y) || overlaps(x, kept));
  }

 private:
  bool overlaps(const void* x, const void* result) const noexcept {
    const auto input = reinterpret_cast<std::uintptr_t>(x), output = reinterpret_cast<std::uintptr_t>(result);
    return input < output + result_bytes && output < input + bytes;
  }
};

struct MemoryPlan {
  std::vector<Location> edges;
  List<std::size_t> scratch, packed;  // by stage: offsets into the workspace and into the packed weights
  std::size_t output_offset = 0;             // into the workspace, of a result that stays there
  InputCopy input_copy;
  std::size_t workspace_bytes = 0, weight_bytes = 0;

  /// Where an edge lies; of none, anywhere.
  constexpr Location at(int edge) const { return edge < 0 ? Location{} : edges[static_cast<std::size_t>(edge)]; }
};

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + memory::alignment - 1) / memory::alignment * memory::alignment;
}

/// Places the edges that live at the same time side by side, each in the lowest gap it fits. `output`, which a stage
/// writes and which lies in no other edge, stays to the end; the input is the caller's, and may be the last result.
constexpr MemoryPlan plan_memory(const Graph& graph, const std::vector<Stage>& stages, int output) {
  struct Block {
    std::size_t begin, end;
    std::size_t first_stage, last_stage;
  };
  const auto index = [](int i) { return static_cast<std::size_t>(i); };
  MemoryPlan plan;
  List<std::size_t> last_use;  // of whole edges: a stage
  std::vector<Location> wholes;
  constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  for (std::size_t edge = 0; edge < graph.edges(); ++edge) {  // clang cannot fill a vector in a constant expression
    last_use.push_back(0);
    wholes.push_back({Location::workspace, nowhere});
  }
  for (std::size_t s = 0; s < stages.size(); ++s)
    for (const int edge : {stages[s].a, stages[s].b, stages[s].output})
      if (edge >= 0) last_use[index(graph.whole(edge))] = s;
  last_use[index(output)] = stages.size();

  std::vector<Block> live, placed;  // live ones sorted by begin
  const auto enter = [&live](const Block& block) {
    const auto is_behind = [&block](const Block& other) { return other.begin >= block.begin; };
    live.insert(std::find_if(live.begin(), live.end(), is_behind), block);
  };
  const auto lowest_gap = [&live](std::size_t bytes) {
    std::size_t first = 0;
    for (std::size_t i = 0; i < live.size() && live[i].begin < first + aligned(bytes); ++i)
      first = (std::max)(first, live[i].end);
    return first;
  };
  const auto place = [&](std::size_t bytes, std::size_t stage, std::size_t last_stage) {
    const std::size_t first = lowest_gap(bytes);
    placed.push_back({first, first + aligned(bytes), stage, last_stage});
    enter(placed.back());
    plan.workspace_bytes = (std::max)(plan.workspace_bytes, placed.back().end);
    return first;
  };
  for (std::size_t s = 0; s < stages.size(); ++s) {
    std::erase_if(live, [s](const Block& block) { return block.last_stage < s; });
    const auto written = index(graph.whole(stages[s].output));
    if (!stages[s].run)
      wholes[written] = {Location::weights, plan.weight_bytes};
    else if (wholes[written].offset == nowhere)
      wholes[written].offset = place(graph.bytes(static_cast<int>(written)), s, last_use[written]);
    const std::size_t last_stage = stages[s].reports() ? stages.size() : s;
    plan.scratch.push_back(stages[s].scratch_bytes ? place(stages[s].scratch_bytes, s, last_stage) : 0);
    plan.packed.push_back(plan.weight_bytes);
    plan.weight_bytes += aligned(stages[s].packed_bytes);
  }
  plan.output_offset = wholes[index(output)].offset;

  // An input that is the last result is overwritten by whatever lies there until the input has been read.
  const std::size_t result_end = plan.output_offset + aligned(graph.bytes(output));
  live.clear();
  enter({plan.output_offset, result_end, 0, stages.size()});  // the copy lies beside the input it is made of
  bool overwritten = false;
  for (const Block& block : placed) {
    if (block.first_stage > last_use[Graph::input]) break;
    overwritten = overwritten || (block.begin < result_end && plan.output_offset < block.end);
    enter(block);
  }
  if (overwritten) {
    const std::size_t bytes = graph.bytes(Graph::input), offset = lowest_gap(bytes);
    plan.input_copy = {offset, bytes, graph.bytes(output)};
    plan.workspace_bytes = (std::max)(plan.workspace_bytes, offset + bytes);
  }

  wholes[index(output)] = {Location::output, 0};
  wholes[index(Graph::input)] = {Location::input, 0};
  for (int edge = 0; edge < static_cast<int>(graph.edges()); ++edge) {
    const Location whole = wholes[index(graph.whole(edge))];
    plan.edges.push_back({whole.base, whole.offset + graph.offset(edge)});
  }
  return plan;
}

}  // namespace tenon::inline TENON_ISA::planning
