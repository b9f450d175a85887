/// \file
/// `compile<Input>(model)`: the model's graph as packed weights, one arena and a list of calls.
#pragma once

#include <cstring>
#include <span>

#include "../core/index_check.hpp"
#include "containers.hpp"
#include "memory_plan.hpp"

namespace tenon::inline TENON_ISA {

namespace planning {

/// The finished plan of one net.
struct Plan {
  std::vector<Stage> stages;
  MemoryPlan memory;
  int output = -1;
};

/// Completes a traced net: its output lies plainly, on an edge of its own.
template <class X>
constexpr Plan finish(const X& result) {
  using T = typename X::value_type;
  using S = typename X::static_shape;
  Graph& graph = result.graph();
  int output = plain(result).edge();
  if (!graph.can_be_placed(output))
    output = graph.append(Stage(output).computed_by(&detail::Copy<T, S>::run), bytes<T, S, Plain>);
  Plan plan{graph.stages(), {}, output};
  plan.memory = plan_memory(graph, plan.stages, output);
  return plan;
}

template <class Model, class Input>
constexpr Plan plan_by_type() {
  using T = typename Input::value_type;
  using S = shape_of_t<Input>;
  Graph graph(bytes<T, S, Plain>);
  return finish(Trace<Model>::append(Symbolic<T, S>(graph, Graph::input)));
}

/// Calls `model` with a symbolic input, which changes nothing in it: a `forward` need not be const for that.
template <class Model, class X>
auto trace(const Model& model, const X& x) {
  return const_cast<Model&>(model)(x);
}

/// What a net needs, as constants where the model's type tells them.
template <class Model, class Input, bool ByType = planned_by_type<Model>>
struct Sizes {
  std::size_t workspace_bytes = 0, weight_bytes = 0;
  explicit Sizes(const Plan& plan)
      : workspace_bytes(plan.memory.workspace_bytes), weight_bytes(plan.memory.weight_bytes) {}
};
template <class Model, class Input>
struct Sizes<Model, Input, true> {
  static constexpr std::size_t workspace_bytes = plan_by_type<Model, Input>().memory.workspace_bytes;
  static constexpr std::size_t weight_bytes = plan_by_type<Model, Input>().memory.weight_bytes;
  explicit Sizes(const Plan&) {}
};

}  // namespace planning

/// A net in evaluation mode for one input shape, its weights a snapshot of the model's.
///
/// A call does not allocate, lock or throw. One net serves one thread; copies are independent.
template <class Model, class InputType, class OutputType>
class Compiled : public planning::Sizes<Model, InputType> {
  using sizes = planning::Sizes<Model, InputType>;
  using result_element = typename OutputType::value_type;

 public:
  using Input = InputType;
  using Output = OutputType;

  /// Plans made by `compile`. Empty storage: the net has its own.
  Compiled(const planning::Plan& plan, std::span<std::byte> weight_storage, std::span<std::byte> workspace)
      : sizes(plan) {
    place(weights_, own_weights_, weight_storage, this->weight_bytes, "weight storage");
    place(workspace_, own_workspace_, workspace, this->workspace_bytes, "workspace");
    for (std::size_t s = 0; s < plan.stages.size(); ++s) {
      const planning::Stage& stage = plan.stages[s];
      if (stage.pack) stage.pack(stage.source, weights_ + plan.memory.packed[s]);
      if (stage.run)
        steps_.push_back({stage.run, plan.memory.at(stage.a), plan.memory.at(stage.b), plan.memory.at(stage.output),
                          plan.memory.packed[s], plan.memory.scratch[s]});
      if (!stage.reports()) continue;
      index_readers_.push_back({plan.memory.scratch[s], stage.index_reader, stage.index_limit});
      ::new (workspace_ + plan.memory.scratch[s]) planning::IndexReport{};
    }
    output_offset_ = plan.memory.output_offset;
    result_ = result_view();
  }

  Compiled(const Compiled& other)
      : sizes(other), steps_(other.steps_), index_readers_(other.index_readers_), output_offset_(other.output_offset_) {
    place(weights_, own_weights_, {}, this->weight_bytes, "");
    place(workspace_, own_workspace_, {}, this->workspace_bytes, "");
    std::memcpy(weights_, other.weights_, this->weight_bytes);
    std::memcpy(workspace_, other.workspace_, this->workspace_bytes);
    result_ = result_view();
  }
  Compiled(Compiled&&) noexcept = default;
  Compiled& operator=(const Compiled& other) { return *this = Compiled(other); }
  Compiled& operator=(Compiled&& other) noexcept {
    if (this == &other) return *this;
    this->~Compiled();
    return *::new (this) Compiled(std::move(other));
  }
  ~Compiled() = default;

  /// The result lives in the net's workspace until the next call.
  const Output& operator()(const Input& x) noexcept {
    run(x.data(), workspace_ + output_offset_);
    return result_;
  }
  /// Writes the result into `y`, which must not overlap `x`.
  void operator()(const Input& x, Output& y) noexcept { run(x.data(), y.data()); }

  /// What the last call met.
  Status status() const noexcept {
    for (const IndexReader& reader : index_readers_)
      if (report(reader).position >= 0) return Status::index_out_of_range;
    return Status::ok;
  }
  /// As `net(x)`, and throws tenon::Error if an index is outside its range.
  const Output& check(const Input& x) {
    const Output& y = (*this)(x);
    for (const IndexReader& reader : index_readers_)
      if (const auto [position, found] = report(reader); position >= 0)
        raise_outside(reader.name, position, found, reader.limit);
    return y;
  }

 private:
  struct Step {
    planning::Run run;
    planning::Location a, b, output;
    std::size_t packed, scratch;
  };

  /// A stage that reads indices, and where it leaves its report.
  struct IndexReader {
    std::size_t report;
    std::string_view name;
    index_t limit;
  };
  const planning::IndexReport& report(const IndexReader& reader) const noexcept {
    return *std::launder(reinterpret_cast<const planning::IndexReport*>(workspace_ + reader.report));
  }

  void run(const void* x, void* y) noexcept {
    std::byte* const bases[]{static_cast<std::byte*>(const_cast<void*>(x)), static_cast<std::byte*>(y), workspace_,
                             weights_};
    const auto at = [&bases](const planning::Location& location) { return bases[location.base] + location.offset; };
    for (const Step& step : steps_)
      step.run(at(step.a), at(step.b), weights_ + step.packed, workspace_ + step.scratch, at(step.output));
  }

  static void place(std::byte*& memory, memory::Array<std::byte>& own, std::span<std::byte> given, std::size_t bytes,
                    const char* what) {
    if (given.data()) {
      if (given.size() < bytes || reinterpret_cast<std::uintptr_t>(given.data()) % memory::alignment)
        raise("compile: the " + std::string(what) + " has " + std::to_string(given.size()) + " bytes, wanted " +
              std::to_string(bytes) + ", aligned to " + std::to_string(memory::alignment));
      memory = given.data();
    } else {
      own = memory::Array<std::byte>(bytes);
      memory = own.data();
    }
  }
  Output result_view() { return Output::view(reinterpret_cast<result_element*>(workspace_ + output_offset_)); }

  std::vector<Step> steps_;
  std::vector<IndexReader> index_readers_;
  std::size_t output_offset_ = 0;
  memory::Array<std::byte> own_weights_, own_workspace_;
  std::byte *weights_ = nullptr, *workspace_ = nullptr;
  Output result_ = Output::unallocated();
};

/// Compiles `model` for inputs of type `Input`: fused stages, chosen layouts, one arena, weights packed from a
/// snapshot.
///
/// With storage, the packed weights and the workspace lie in the caller's memory: `weight_bytes` and `workspace_bytes`
/// bytes, aligned to 64 (tenon::Error otherwise), to be kept as long as the net.
template <class Input, class Model>
auto compile(const Model& model, std::span<std::byte> weight_storage = {}, std::span<std::byte> workspace = {}) {
  using T = typename Input::value_type;
  using S = shape_of_t<Input>;
  planning::Graph graph(planning::bytes<T, S, planning::Plain>);
  const auto result = planning::trace(model, planning::Symbolic<T, S>(graph, planning::Graph::input));
  using Result = std::remove_const_t<decltype(result)>;
  if constexpr (detail::is_rejected<Result>) {
    return Rejected{};
  } else if constexpr (!detail::is_symbolic<Result>) {
    static_assert(detail::is_symbolic<Result>, "compile: the model's result is not one tensor made of its input");
    return Rejected{};
  } else {
    using Output = tensor_of_t<typename Result::value_type, typename Result::static_shape>;
    return Compiled<Model, Input, Output>(planning::finish(result), weight_storage, workspace);
  }
}

}  // namespace tenon::inline TENON_ISA
