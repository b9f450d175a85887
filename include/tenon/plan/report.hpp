/// \file
/// The description of a compiled net, `net.plan()`.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "../core/text.hpp"
#include "program.hpp"

namespace tenon::inline TENON_ISA {

/// The stages of a compiled net, in the order in which they run. Prints as a table.
///
///     auto net = tenon::compile<Tensor<float, 1, 12>>(nn::Sequential<nn::Linear<12, 4>, nn::ReLU>{});
///     assert(net.plan().stages[0].name == "Linear + ReLU");
struct NetPlan {
  /// A tensor between two stages.
  struct Edge {
    int number = 0;  // the inputs come first
    int whole = 0;   // the number of the tensor that it is a part of, as by cat; its own if there is none
    std::vector<index_t> shape;
    std::string_view element, layout;
    /// The memory it lies in: "input", "result", "workspace", "weights", or "nowhere" if nobody reads it; and how many
    /// bytes from the beginning.
    std::string_view memory;
    std::size_t offset = 0, bytes = 0;
    int argument = -1;  // the number of the input or result, counted from 0; -1 for other tensors
  };
  /// A step of the net: one call of one kernel.
  struct Stage {
    /// The operations of the model that it computes, such as "Conv2d + BatchNorm2d + ReLU"; empty for a conversion.
    std::string name;
    /// The name of the kernel that computes it.
    std::string_view kernel;
    /// The reasons why the kernels before it in their list do not, such as "depthwise convolution: not one kernel per
    /// channel"; empty if there are none.
    std::string reason;
    std::vector<Edge> inputs, outputs;
    /// The bytes that one call reads and writes: inputs, outputs and packed weights, each once.
    std::size_t bytes = 0;
    index_t flops = 0;
  };
  std::vector<Stage> stages;
  /// The names of the modules that have hooks, which the net does not call; the model's own name is empty.
  std::vector<Text> hooked;
  /// The bytes of the arena, of the packed weights, and of memory that survives calls.
  std::size_t workspace_bytes = 0, weight_bytes = 0, state_bytes = 0;

  template <class Characters = std::string>
  Characters text() const;
};

namespace plan {

/// Returns a vector of `extents`. What that calls is compiled into it, not shared with units for other instruction
/// sets.
TENON_FLATTEN inline std::vector<index_t> to_vector(const Constants<index_t>& extents) {
  return {extents.begin(), extents.end()};
}

/// Returns the tensor behind edge `number` of a finished plan.
template <class AnyGraph>
NetPlan::Edge describe_edge(const AnyGraph& graph, const MemoryPlan& memory, int number) {
  const EdgeType& type = graph.type(number);
  const Location location = memory.edges[static_cast<std::size_t>(number)];
  const auto first_result = Location::first_argument + static_cast<std::uint32_t>(graph.inputs());
  const std::string_view where = location.base == Location::nowhere     ? "nowhere"
                                 : location.base == Location::workspace ? "workspace"
                                 : location.base == Location::weights   ? "weights"
                                 : location.base < first_result         ? "input"
                                                                        : "result";
  const int argument = location.base >= first_result ? static_cast<int>(location.base - first_result)
                       : location.base >= Location::first_argument
                           ? static_cast<int>(location.base - Location::first_argument)
                           : -1;
  return {number,          graph.whole(number), to_vector(type.extents),
          type.element,    type.layout,         where,
          location.offset, type.bytes,          argument};
}

/// Returns the bytes that a call of a stage reads, each input once, and writes.
template <class AnyStage>
std::size_t bytes_moved(const AnyStage& stage, const KernelInfo& kernel) {
  std::size_t bytes = kernel.packed_bytes;
  for (std::size_t i = 0; i < stage.inputs.size(); ++i) {
    const auto is_read_before = [&](std::size_t other) { return stage.inputs[other].number == stage.inputs[i].number; };
    std::size_t other = 0;
    while (!is_read_before(other)) ++other;
    if (other == i) bytes += stage.inputs[i].bytes;
  }
  for (std::size_t o = 0; o < stage.outputs.size(); ++o)
    if (stage.outputs[o].memory != "nowhere")
      bytes += o == 0 && kernel.written_bytes > 0 ? kernel.written_bytes : stage.outputs[o].bytes;
  return bytes;
}

/// Returns the description of a finished plan. (A template, as the next, so that only programs that call it compile
/// it.)
template <class AnyGraph>
NetPlan describe(const AnyGraph& graph, const Plan& plan) {
  NetPlan all;
  all.workspace_bytes = plan.memory.workspace_bytes;
  all.weight_bytes = plan.memory.weight_bytes;
  all.state_bytes = plan.memory.state_bytes;
  for (const Stage& stage : plan.stages.list) {
    NetPlan::Stage& described = all.stages.emplace_back();
    described.kernel = stage.kernel->name;
    Text reason;
    for (const Refusal& refusal : stage.kernel->refusals)
      reason.append(reason.empty() ? "" : "; ").append(refusal.kernel).append(": ").append(refusal.reason);
    described.reason = reason.c_str();
    for (const int edge : graph.ports(stage.inputs))
      described.inputs.push_back(describe_edge(graph, plan.memory, edge));
    for (const int edge : graph.ports(stage.outputs))
      described.outputs.push_back(describe_edge(graph, plan.memory, edge));
    described.bytes = bytes_moved(described, *stage.kernel);
  }
  for (const Row& row : graph.rows(plan.stages)) {
    if (row.stage < 0) continue;
    NetPlan::Stage& stage = all.stages[static_cast<std::size_t>(row.stage)];
    stage.name.append(stage.name.empty() ? "" : " + ").append(row.name);
    stage.flops += 2 * row.multiply_adds;
  }
  return all;
}

/// Returns cells as a table. The first line heads it; the first `words` columns stand left, the others right.
template <class Lines>
Text table(const Lines& lines, std::size_t words, bool with_total) {
  List<std::size_t> widths;
  for (std::size_t c = 0; c < lines[0].size(); ++c) widths.push_back(0);
  for (const auto& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = (std::max)(widths[c], line[c].size());
  std::size_t width = 2 * (widths.size() - 1);
  for (const std::size_t w : widths) width += w;
  const Text rule(width, '-');
  Text text;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    if (l == 1 || (with_total && l + 1 == lines.size())) text += rule + "\n";
    for (std::size_t c = 0; c < lines[l].size(); ++c) {
      const Text padding(widths[c] - lines[l][c].size(), ' ');
      text += c < words ? lines[l][c] + padding : padding + lines[l][c];
      text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

template <class Extents>
Text shape_text(const Extents& shape) {
  Text text = "(";
  for (std::size_t a = 0; a < shape.size(); ++a) text.append(a ? ", " : "").append(to_text(shape[a]));
  return text.append(")");
}

}  // namespace plan

template <class Characters>
Characters NetPlan::text() const {
  std::vector<std::vector<Text>> lines{{"Stage", "Kernel", "Reads", "Writes", "Bytes", "FLOPs"}};
  const auto ports = [](const std::vector<Edge>& edges) {
    Text text;
    for (const Edge& edge : edges) {
      text.append(text.empty() ? "" : ", ").append(plan::shape_text(edge.shape));
      if (edge.layout != "plain") text.append(" ").append(edge.layout);
    }
    return text;
  };
  std::size_t bytes = 0;
  index_t flops = 0;
  for (const Stage& stage : stages) {
    lines.push_back({stage.name.c_str(), Text(stage.kernel), ports(stage.inputs), ports(stage.outputs),
                     to_text(stage.bytes), to_text(stage.flops)});
    bytes += stage.bytes;
    flops += stage.flops;
  }
  lines.push_back({"Total", "", "", "", to_text(bytes), to_text(flops)});
  Text text = plan::table(lines, 4, true);
  for (const Stage& stage : stages)
    if (!stage.reason.empty())
      text += Text(stage.name.c_str()) + " by " + Text(stage.kernel) + ", because " + stage.reason.c_str() + "\n";
  if (!hooked.empty()) {
    text += "Left out: hooks of ";
    for (std::size_t i = 0; i < hooked.size(); ++i)
      text.append(i ? ", " : "").append(hooked[i].empty() ? "the model" : hooked[i].c_str());
    text += "\n";
  }
  text += "Workspace " + to_text(workspace_bytes) + " bytes, packed weights " + to_text(weight_bytes) + " bytes\n";
  return text.c_str();
}

template <class Character, class Traits>
std::basic_ostream<Character, Traits>& operator<<(std::basic_ostream<Character, Traits>& out, const NetPlan& plan) {
  return out << plan.text().c_str();
}

}  // namespace tenon::inline TENON_ISA
