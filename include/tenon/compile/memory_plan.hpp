/// \file
/// Where each edge of a plan lies: one arena, its size known as soon as the stages are.
#pragma once

#include <algorithm>

#include "graph.hpp"

namespace tenon::inline TENON_ISA::planning {

/// A place in the memory of a running net.
struct Location {
  enum Base : unsigned { input, output, workspace, weights };
  Base base = workspace;
  std::size_t offset = 0;
};

struct MemoryPlan {
  std::vector<Location> edges;
  std::vector<std::size_t> scratch, packed;  // by stage: offsets into the workspace and into the packed weights
  std::size_t output_offset = 0;             // into the workspace, of a result that stays there
  std::size_t workspace_bytes = 0, weight_bytes = 0;

  /// Where an edge lies; of none, anywhere.
  constexpr Location at(int edge) const { return edge < 0 ? Location{} : edges[static_cast<std::size_t>(edge)]; }
};

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + memory::alignment - 1) / memory::alignment * memory::alignment;
}

/// Places the edges that live at the same time side by side, each in the lowest gap it fits. `output`, which a stage
/// writes and which lies in no other edge, stays to the end; the input is the caller's.
constexpr MemoryPlan plan_memory(const Graph& graph, const std::vector<Stage>& stages, int output) {
  struct Block {
    std::size_t begin, end;
    std::size_t last_stage;
  };
  const auto index = [](int i) { return static_cast<std::size_t>(i); };
  MemoryPlan plan;
  std::vector<std::size_t> last_use;  // of whole edges: a stage
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

  std::vector<Block> live;  // sorted by begin
  const auto place = [&](std::size_t bytes, std::size_t last_stage) {
    std::size_t first = 0, position = 0;
    while (position < live.size() && live[position].begin < first + aligned(bytes)) {
      first = std::max(first, live[position].end);
      ++position;
    }
    live.insert(live.begin() + static_cast<std::ptrdiff_t>(position), Block{first, first + aligned(bytes), last_stage});
    plan.workspace_bytes = std::max(plan.workspace_bytes, first + aligned(bytes));
    return first;
  };
  for (std::size_t s = 0; s < stages.size(); ++s) {
    std::erase_if(live, [s](const Block& block) { return block.last_stage < s; });
    const auto written = index(graph.whole(stages[s].output));
    if (!stages[s].run)
      wholes[written] = {Location::weights, plan.weight_bytes};
    else if (wholes[written].offset == nowhere)
      wholes[written].offset = place(graph.bytes(static_cast<int>(written)), last_use[written]);
    const std::size_t last_stage = stages[s].reports() ? stages.size() : s;
    plan.scratch.push_back(stages[s].scratch_bytes ? place(stages[s].scratch_bytes, last_stage) : 0);
    plan.packed.push_back(plan.weight_bytes);
    plan.weight_bytes += aligned(stages[s].packed_bytes);
  }

  plan.output_offset = wholes[index(output)].offset;
  wholes[index(output)] = {Location::output, 0};
  wholes[index(Graph::input)] = {Location::input, 0};
  for (int edge = 0; edge < static_cast<int>(graph.edges()); ++edge) {
    const Location whole = wholes[index(graph.whole(edge))];
    plan.edges.push_back({whole.base, whole.offset + graph.offset(edge)});
  }
  return plan;
}

}  // namespace tenon::inline TENON_ISA::planning
