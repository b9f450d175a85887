/// \file
/// `cuda::compile<Input>(model, id)`: a net on the device, with all its memory allocated once.
#pragma once

#include <memory>
#include <string_view>
#include <tenon/compile/memory_plan.hpp>
#include <tenon/compile/net_input.hpp>
#include <tenon/core/index_check.hpp>

#include "lowering.hpp"
#include "lowering_embedding.hpp"
#include "lowering_functional.hpp"
#include "lowering_normalization.hpp"
#include "lowering_pooling.hpp"
#include "lowering_vision.hpp"

// Status is a macro of X11, check one of Unreal and of macOS.
#include <tenon/core/undefine_macros.hpp>

namespace tenon::inline TENON_ISA::cuda {

/// What the copies of a net share: its stages and their weights, in the memory of one device.
class Program {
 public:
  /// The plan of `graph`, whose result is the edge `output`, for the current device.
  Program(planning::Graph& graph, int output) : device_(current_device()) {
    const std::vector<Stage> stages = graph.stages();
    const planning::MemoryPlan memory = planning::plan_memory(graph, stages, output);
    std::vector<std::byte> packed(memory.weight_bytes);
    for (std::size_t s = 0; s < stages.size(); ++s) {
      const Stage& stage = stages[s];
      if (stage.pack) stage.pack(stage.source, packed.data() + memory.packed[s]);
      if (stage.run)
        steps_.push_back({stage.run, memory.at(stage.a), memory.at(stage.b), memory.at(stage.output), memory.packed[s],
                          memory.scratch[s]});
      if (stage.reports()) index_readers.push_back({memory.scratch[s], stage.index_reader, stage.index_limit});
    }
    weight_bytes = memory.weight_bytes;
    workspace_bytes = memory.workspace_bytes;
    result_offset = memory.output_offset;
    input_copy_ = memory.input_copy;
    weights_ = Array<std::byte>(static_cast<index_t>(weight_bytes));
    if (weight_bytes > 0) copy_to_device(packed.data(), static_cast<index_t>(weight_bytes), weights_.data());
  }

  /// A stage that reads indices, and where in the workspace it leaves its report.
  struct IndexReader {
    std::size_t report;
    std::string_view name;
    index_t limit;
  };

  std::size_t weight_bytes, workspace_bytes, result_offset;
  std::vector<IndexReader> index_readers;

  int device_id() const noexcept { return device_; }

  void run(const void* x, std::byte* memory, void* y) const {
    device::select(device_);
    if (input_copy_.is_needed(x, y, memory + result_offset)) {
      copy_on_device(static_cast<const std::byte*>(x), static_cast<index_t>(input_copy_.bytes),
                     memory + input_copy_.offset);
      x = memory + input_copy_.offset;
    }
    std::byte* const weights = const_cast<std::byte*>(weights_.data());  // which no step writes
    std::byte* const bases[]{static_cast<std::byte*>(const_cast<void*>(x)), static_cast<std::byte*>(y), memory,
                             weights};
    const auto at = [&bases](const planning::Location& location) { return bases[location.base] + location.offset; };
    for (const Step& step : steps_)
      step.run(at(step.a), at(step.b), weights + step.packed, memory + step.scratch, at(step.output));
  }

 private:
  struct Step {
    planning::Run run;
    planning::Location a, b, output;
    std::size_t packed, scratch;
  };

  int device_;
  std::vector<Step> steps_;
  planning::InputCopy input_copy_;
  Array<std::byte> weights_;
};

/// A net in evaluation mode for one input shape on one device, its weights a snapshot of the model's.
///
/// A call allocates nothing and does not wait for the device; `to_host()` of the result does. It makes the net's device
/// the current one. One net serves one thread; copies are independent.
template <class InputType, class OutputType>
class Compiled {
  using result_element = typename OutputType::value_type;

 public:
  using Input = InputType;
  using Output = OutputType;

  explicit Compiled(std::shared_ptr<const Program> program) : program_(std::move(program)) {
    device::select(program_->device_id());
    workspace_ = Array<std::byte>(static_cast<index_t>(program_->workspace_bytes));
    constexpr IndexReport nothing;
    for (const auto& reader : program_->index_readers)
      copy_to_device(&nothing, 1, reinterpret_cast<IndexReport*>(workspace_.data() + reader.report));
    result_ = Output::view(reinterpret_cast<result_element*>(workspace_.data() + program_->result_offset));
  }
  Compiled(const Compiled& other) : Compiled(other.program_) {}
  Compiled(Compiled&&) noexcept = default;
  Compiled& operator=(const Compiled&) = delete;

  /// The result lives in the net's workspace until the next call, whose input it may be.
  const Output& operator()(const Input& x) noexcept {
    program_->run(x.data(), workspace_.data(), result_.data());
    return result_;
  }
  /// Arguments of other types are one compile error and no conversion.
  template <class... X>
    requires(!planning::is_net_call<InputType, OutputType, X...>)
  auto operator()(X&&...) {
    return planning::reject_net_call<Input, Output, X...>();
  }
  /// Writes the result into `y`, which may be `x`.
  void operator()(const Input& x, Output& y) noexcept { program_->run(x.data(), workspace_.data(), y.data()); }

  /// What the last call met; waits for it.
  Status status() const {
    for (const auto& reader : program_->index_readers)
      if (report(reader).position >= 0) return Status::index_out_of_range;
    return Status::ok;
  }
  /// As `net(x)`, and throws tenon::Error if an index is outside its range.
  const Output& check(const Input& x) {
    const Output& y = (*this)(x);
    for (const auto& reader : program_->index_readers)
      if (const auto [position, found] = report(reader); position >= 0)
        raise_outside(reader.name, position, found, reader.limit);
    return y;
  }
  template <class X>
    requires(!planning::is_net_call<InputType, OutputType, X>)
  auto check(X&&) {
    return planning::reject_net_call<Input, Output, X>();
  }

  /// Device memory of the intermediate results.
  std::size_t workspace_bytes() const noexcept { return program_->workspace_bytes; }
  std::size_t weight_bytes() const noexcept { return program_->weight_bytes; }

 private:
  IndexReport report(const Program::IndexReader& reader) const {
    IndexReport report;
    const device::scope here(program_->device_id());
    copy_to_host(reinterpret_cast<const IndexReport*>(workspace_.data() + reader.report), 1, &report);
    return report;
  }

  std::shared_ptr<const Program> program_;
  Array<std::byte> workspace_;
  Output result_ = Output::unallocated();
};

namespace detail {
/// Whether bringing a model to the host changes its type.
template <class Model>
inline constexpr bool is_on_device = false;
template <class Model>
  requires nn::detail::Convertible<Model, nn::to_place<host>>
inline constexpr bool is_on_device<Model> =
    !std::is_same_v<typename nn::detail::rebound<Model, nn::to_place<host>>::type, Model>;

/// `x` in an edge of its own where it is the input itself, a constant or a part of another edge.
template <class T, class S, class P>
int output_edge(const Symbolic<T, S, P>& x) {
  const int edge = x.use();
  if (x.graph().can_be_placed(edge)) return edge;
  using Kernel = PointwiseStage<T, S>;
  return x.graph().append(Stage(edge).computed_by(&Kernel::template run<pointwise::Identity>), bytes<T, S>);
}
}  // namespace detail

/// Compiles `model` for device `id` and inputs of the shape and element type of `Input`, which may be a tensor of the
/// host. Batch normalizations and activations are folded into the stage before; the net takes and gives
/// `cuda::Tensor`s.
template <class Input, class Model>
auto compile(const Model& model, int id = 0) {
  if constexpr (detail::is_on_device<Model>) {
    return compile<Input>(model.cpu(), id);
  } else {
    using T = typename Input::value_type;
    using S = shape_of_t<Input>;
    planning::Graph graph(bytes<T, S>);
    // A symbolic input changes nothing in the model: its `forward` need not be const for that.
    const auto result = const_cast<Model&>(model)(Symbolic<T, S>(graph, planning::Graph::input));
    using Result = std::remove_const_t<decltype(result)>;
    if constexpr (tenon::detail::is_rejected<Result>) {
      return Rejected{};
    } else {
      device::select(id);
      using Net = Compiled<tensor_of_t<T, S>, tensor_of_t<typename Result::value_type, shape_of_t<Result>>>;
      return Net(std::make_shared<const Program>(graph, detail::output_edge(result)));
    }
  }
}

}  // namespace tenon::inline TENON_ISA::cuda

#include <tenon/core/restore_macros.hpp>
