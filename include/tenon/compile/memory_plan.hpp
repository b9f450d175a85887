/// \file
/// Where each edge of a plan lies: one arena, its size known as soon as the stages are.
#pragma once

#include <algorithm>

#include "graph.hpp"

namespace tenon::inline TENON_ISA::planning {

/// Offsets into the arena and into the packed weights.
struct MemoryPlan {
  std::vector<std::size_t> edges, scratch, packed;  // by edge, by stage, by stage
  std::size_t workspace_bytes = 0, weight_bytes = 0;
};

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + memory::alignment - 1) / memory::alignment * memory::alignment;
}

/// Places the edges that live at the same time side by side, each in the lowest gap it fits. `output` stays to the end;
/// the input is the caller's.
constexpr MemoryPlan plan_memory(const Graph& graph, const std::vector<Stage>& stages, int output) {
  struct Block {
    std::size_t begin, end;
    std::size_t last_stage;
  };
  const auto index = [](int i) { return static_cast<std::size_t>(i); };
  MemoryPlan plan;
  std::vector<std::size_t> last_use;
  for (std::size_t edge = 0; edge < graph.edges(); ++edge) {  // clang cannot fill a vector in a constant expression
    plan.edges.push_back(0);
    last_use.push_back(0);
  }
  for (std::size_t s = 0; s < stages.size(); ++s)
    for (const int edge : {stages[s].a, stages[s].b})
      if (edge >= 0) last_use[index(edge)] = s;
  last_use[index(output)] = stages.size();

  std::vector<Block> live;  // sorted by begin
  const auto place = [&](std::size_t bytes, std::size_t last_stage) {
    std::size_t begin = 0, position = 0;
    while (position < live.size() && live[position].begin < begin + aligned(bytes)) {
      begin = std::max(begin, live[position].end);
      ++position;
    }
    live.insert(live.begin() + static_cast<std::ptrdiff_t>(position), Block{begin, begin + aligned(bytes), last_stage});
    plan.workspace_bytes = std::max(plan.workspace_bytes, begin + aligned(bytes));
    return begin;
  };
  for (std::size_t s = 0; s < stages.size(); ++s) {
    std::erase_if(live, [s](const Block& block) { return block.last_stage < s; });
    plan.edges[index(stages[s].output)] =
        place(graph.bytes(stages[s].output), std::max(last_use[index(stages[s].output)], s));
    const std::size_t last_stage = stages[s].reports() ? stages.size() : s;
    plan.scratch.push_back(stages[s].scratch_bytes ? place(stages[s].scratch_bytes, last_stage) : 0);
    plan.packed.push_back(plan.weight_bytes);
    plan.weight_bytes += aligned(stages[s].packed_bytes);
  }
  return plan;
}

}  // namespace tenon::inline TENON_ISA::planning
