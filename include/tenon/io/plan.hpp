/// \file
/// `save_plan(path, net.plan())`: a picture of a compiled net, as Graphviz draws it.
#pragma once

#include <filesystem>
#include <span>

#include "../plan/report.hpp"
#include "replace_file.hpp"

namespace tenon::inline TENON_ISA::io {

namespace detail {
/// A label of several lines, as Graphviz reads it.
inline std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else
      quoted += c;
  }
  return quoted + "\"";
}
}  // namespace detail

namespace detail {
/// "workspace", "input 0", "result 1"
inline std::string memory_of(const NetPlan::Edge& edge) {
  return std::string(edge.memory) + (edge.argument < 0 ? "" : " " + std::to_string(edge.argument));
}
}  // namespace detail

/// The plan in Graphviz's language: stages are boxes, inputs and results are ellipses, and what lies between says
/// shape, layout, bytes and place.
inline std::string to_graphviz(const NetPlan& plan) {
  std::string text =
      "digraph net {\n  node [shape=box, fontname=sans, fontsize=10];\n  edge [fontname=sans, fontsize=8];\n";
  struct Made {
    int number, whole;
    std::string node;
  };
  std::vector<Made> made;  // tensors and the nodes that they come from
  // What made a tensor; of one put together, what made its parts; of a part, what made the whole.
  const auto sources_of = [&](const NetPlan::Edge& edge) {
    std::vector<std::string> nodes;
    for (const Made& m : made)
      if (m.number == edge.number) nodes.push_back(m.node);
    if (nodes.empty())
      for (const Made& m : made)
        if (m.whole == edge.whole) nodes.push_back(m.node);
    if (nodes.empty()) {
      nodes.push_back("t" + std::to_string(edge.whole));
      text += "  " + nodes[0] + " [shape=ellipse, label=" +
              detail::quoted(detail::memory_of(edge) + "\n" + plan::shape_text(edge.shape).c_str()) + "];\n";
      made.push_back({edge.whole, edge.whole, nodes[0]});
    }
    return nodes;
  };
  const auto label_of = [](const NetPlan::Edge& edge) {
    return detail::quoted(std::string(plan::shape_text(edge.shape).c_str()) + " " + std::string(edge.layout) + "\n" +
                          std::to_string(edge.bytes) + " bytes, " + detail::memory_of(edge) + " + " +
                          std::to_string(edge.offset));
  };
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    const NetPlan::Stage& stage = plan.stages[s];
    const std::string node = "s" + std::to_string(s);
    text += "  " + node + " [label=" +
            detail::quoted(stage.name + (stage.name.empty() ? "" : "\n") + std::string(stage.kernel) + "\n" +
                           std::to_string(stage.flops) + " FLOPs, " + std::to_string(stage.bytes) + " bytes") +
            "];\n";
    for (const NetPlan::Edge& edge : stage.inputs)
      for (const std::string& from : sources_of(edge))
        text += "  " + from + " -> " + node + " [label=" + label_of(edge) + "];\n";
    for (const NetPlan::Edge& edge : stage.outputs) {
      if (edge.memory == "nowhere") continue;
      made.push_back({edge.number, edge.whole, node});
      if (edge.memory != "result") continue;
      const std::string result = "r" + std::to_string(edge.number);
      text += "  " + result + " [shape=ellipse, label=" +
              detail::quoted(detail::memory_of(edge) + "\n" + plan::shape_text(edge.shape).c_str()) + "];\n";
      text += "  " + node + " -> " + result + ";\n";
    }
  }
  return text + "}\n";
}

/// Writes the plan as Graphviz reads it: `dot -Tsvg plan.dot -o plan.svg`. Throws tenon::Error where it cannot be
/// written; a file that was there stays until the new one is complete.
inline void save_plan(const std::filesystem::path& path, const NetPlan& plan) {
  const std::string text = to_graphviz(plan);
  detail::replace_file(path, [&](auto& file) { file.write(std::as_bytes(std::span(text))); });
}

}  // namespace tenon::inline TENON_ISA::io
