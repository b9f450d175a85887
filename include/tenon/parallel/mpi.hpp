/// \file
/// `parallel::DistributedDataParallel`: one model in several processes, each with a part of the batch. Needs MPI.
#pragma once

#include <cmath>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../nn/module.hpp"
#include "agreement.hpp"
#include "communicator.hpp"
#include "reducer.hpp"
#include "results_node.hpp"

namespace tenon::inline TENON_ISA::parallel {

/// The options of DistributedDataParallel.
struct DistributedOptions {
  /// The size of a bucket in MiB, as in PyTorch. Gradients of more than that are a bucket of their own.
  double bucket_cap_mb = 25;
};

/// `torch.nn.parallel.DistributedDataParallel(module)`: computes with `module` in each process, and makes the gradients
/// of all processes their average when `backward` returns. Processes that begin with one model and take equal steps
/// keep one model, bit by bit.
///
/// A call is one of `module`: (batch, *) -> (batch, *), where each process gives its own part of the batch. With equal
/// parts and a loss that is the mean over the batch, a step on n processes is the step of one process with the whole
/// batch, up to rounding, and gives the same bits each time. What normalizes over the batch does so over each part.
///
/// All processes make it, at the same point of the program: they check that their models agree in the names, types and
/// shapes of parameters and buffers and in requires_grad, and throw tenon::Error if they do not; then parameters and
/// buffers get the values of rank 0. All of them call `backward` equally often on results of this. Buckets of gradients
/// are sent while the pass still computes others. A parameter that a process does not use counts as one with the
/// gradient 0; one that no process has ever used has none. Calls that are not recorded send nothing, and neither does
/// `backward` on what `module` computes by itself: it adds to this process's gradients, which the next pass through
/// this averages too.
///
/// The module and the Communicator must outlive this; the module stays where it is, and keeps its layers and the
/// `requires_grad` of its parameters: a recorded call after a change throws tenon::Error. An optimiser takes the
/// module. Buffers, as BatchNorm's running statistics, are each process's own.
///
///     nn::Sequential<nn::Linear<4, 8>, nn::Tanh, nn::Linear<8, 1>> model;
///     tenon::parallel::DistributedDataParallel replica{model, mpi};
///     tenon::optim::SGD optimizer{model, {.lr = 0.1}};
///     optimizer.zero_grad();
///     criterion(replica(nn::Variable{x}), y).backward();
///     optimizer.step();
template <class Model>
class DistributedDataParallel {
 public:
  /// The model.
  Model& module;

  DistributedDataParallel(Model& model, Communicator& mpi, DistributedOptions options = {}) : module(model) {
    if (!(options.bucket_cap_mb > 0))
      raise(Text("DistributedDataParallel: bucket_cap_mb: wanted a positive number, found ") +
            to_text(options.bucket_cap_mb));
    nn::for_each_module(module, []<class M>(const auto&, const M&) {
      static_assert(
          !requires { typename M::completes_gradients_late; },
          "DistributedDataParallel: there is a DataParallel in the model, which adds the gradients of its "
          "threads up behind its backward pass");
    });
    auto ranks = std::make_unique<OwnCommunicator>(mpi.handle());
    check_agreement(mpi, ranks->handle(),
                    description_of(module, Text("bucket_cap_mb ") + to_text(options.bucket_cap_mb)));
    std::vector<Gradient> gradients;
    nn::for_each_parameter(module, [&](const std::string& name, auto& parameter) {
      auto& state = *parameter.state();
      state.name({name.data(), name.size()});
      if (!state.requires_grad()) return;
      if (state.producer())
        raise(Text("DistributedDataParallel: the parameter \"") + name.c_str() +
              "\" is in another DistributedDataParallel");
      gradients.push_back(Gradient::of(state));
    });
    if (gradients.empty()) raise("DistributedDataParallel: the model has no parameter that requires a gradient");
    take_values_of_first_rank(module, ranks->handle());
    for_each_state([this](const auto& state) { parameters_.push_back({state, state->requires_grad()}); });
    constexpr double mebibyte = 1 << 20;
    reducer_ = std::make_shared<Reducer>(mpi, std::move(ranks), std::move(gradients),
                                         static_cast<std::size_t>((std::min)(options.bucket_cap_mb * mebibyte, 1e18)));
  }
  DistributedDataParallel(const DistributedDataParallel&) = delete;
  DistributedDataParallel& operator=(const DistributedDataParallel&) = delete;
  ~DistributedDataParallel() = default;

  /// `module(x...)`. A result that is recorded brings the gradients together when `backward` comes from it.
  template <class... X>
  auto operator()(const X&... x) {
    constexpr bool are_tensors = (requires { typename X::place; } && ...);  // and no Variables, nor packed ones
    if constexpr (!are_tensors) check_unchanged();
    return behind_node(reducer_, module(x...));
  }

 private:
  struct KnownParameter {
    autograd::AnyStatePointer state;
    bool requires_grad;
  };

  template <class F>
  void for_each_state(F&& f) {
    nn::for_each_tensor(module, [&](auto& member) {
      if constexpr (is_parameter<std::remove_cvref_t<decltype(member)>>) f(autograd::AnyStatePointer(member.state()));
    });
  }
  /// Throws tenon::Error if the model is not the one that the ranks have agreed on.
  void check_unchanged() {
    reducer_->check_usable();
    auto known = parameters_.begin();
    for_each_state([&](const autograd::AnyStatePointer& state) {
      const KnownParameter& parameter = *known++;
      const auto complain = [&](const char* what) {
        raise(Text("DistributedDataParallel: the parameter \"") + Text(parameter.state->name()) + what +
              " since this was made: make a new one, in all ranks");
      };
      if (state != parameter.state || state->was_moved()) complain("\" was moved or replaced");
      if (state->requires_grad() != parameter.requires_grad) complain("\" was given another requires_grad");
    });
  }

  std::vector<KnownParameter> parameters_;  // in the order of `for_each_state`
  std::shared_ptr<Reducer> reducer_;
};

}  // namespace tenon::inline TENON_ISA::parallel
