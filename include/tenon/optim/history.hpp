/// \file
/// What an optimiser keeps of each parameter.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

#include "../autograd/variable.hpp"
#include "../core/any_tensor.hpp"
#include "../core/text.hpp"

namespace tenon::inline TENON_ISA::optim::detail {

/// What an optimiser keeps of one parameter, of any type. Code for each type is kept small: programs that do not save
/// compile it too.
template <class Rule>
class History {
 public:
  History(DType its_dtype, std::span<const index_t> its_extents) : dtype(its_dtype), extents(its_extents) {}
  History& operator=(const History&) = delete;
  virtual ~History() = default;
  /// Returns a copy, for a copy of the optimiser.
  virtual std::unique_ptr<History> copy() const = 0;
  /// Moves the parameter if it requires a gradient and has once had one. `state` is the parameter's current one.
  virtual void step(const Rule& rule, autograd::AnyState& state) = 0;
  virtual void zero_grad(autograd::AnyState& state) = 0;
  /// Copies tensor `i` of the history, of `dtype` and `extents`, to and from memory of the host.
  virtual void read(std::size_t i, void* elements) const = 0;
  virtual void write(std::size_t i, const void* elements) = 0;

  const DType dtype;
  const std::span<const index_t> extents;
  double steps = 0;  // as in PyTorch, whose files have a floating one

 protected:
  History(const History&) = default;
};

/// The history of a parameter with values of type `TensorType`.
template <class Rule, class TensorType>
class HistoryOf final : public History<Rule> {
  using Place = typename TensorType::place;
  using T = typename TensorType::value_type;
  using State = autograd::State<TensorType>;
  static constexpr index_t size = shape_of_t<TensorType>::size;

 public:
  explicit HistoryOf(autograd::State<TensorType>* state)
      : History<Rule>(dtype_of<T>, shape_of_t<TensorType>::dims), kept_(state) {}
  std::unique_ptr<History<Rule>> copy() const override { return std::make_unique<HistoryOf>(*this); }

  void step(const Rule& rule, autograd::AnyState& any) override {
    auto& state = static_cast<State&>(any);
    if (!state.requires_grad() || !state.had_grad()) return;
    const typename Place::scope here(state.value(), tensors_[0]);
    const auto history = std::apply([](auto&... tensor) { return std::array{tensor.data()...}; }, tensors_);
    rule.template update<Place>(size, state.value().data(), state.set_elements().data(), history, ++this->steps);
    state.changed();
  }
  void zero_grad(autograd::AnyState& state) override { static_cast<State&>(state).zero_grad(); }
  void read(std::size_t i, void* elements) const override {
    const typename Place::scope here(tensors_[i]);
    Place::to_host(tensors_[i].data(), size, static_cast<T*>(elements));
  }
  void write(std::size_t i, const void* elements) override {
    const typename Place::scope here(tensors_[i]);
    Place::from_host(static_cast<const T*>(elements), size, tensors_[i].data());
  }

 private:
  autograd::AnyStatePointer kept_;
  std::array<TensorType, Rule::histories.size()> tensors_;  // zeros
};

/// One tensor of a history, as the target of a load.
template <class Rule>
struct HistoryTensor {
  History<Rule>* history;
  std::size_t i;
  static void assign(void* tensor, const AnyTensor& entry) {
    const auto& [history, i] = *static_cast<const HistoryTensor*>(tensor);
    history->write(i, entry.to(history->dtype).data());
  }
};

/// A parameter of an optimiser.
template <class Rule>
struct Trained {
  Text prefix;                // of the names of its entries
  autograd::AnyState* state;  // the history keeps it
  std::size_t group;
  std::unique_ptr<History<Rule>> history;

  Trained(Text its_prefix, autograd::AnyState* its_state, std::size_t its_group,
          std::unique_ptr<History<Rule>> its_history)
      : prefix(std::move(its_prefix)), state(its_state), group(its_group), history(std::move(its_history)) {}
  Trained(const Trained& other) : Trained(other.prefix, other.state, other.group, other.history->copy()) {}
  Trained(Trained&&) noexcept = default;
  Trained& operator=(const Trained& other) { return *this = Trained(other); }
  Trained& operator=(Trained&&) noexcept = default;
  ~Trained() = default;
};

}  // namespace tenon::inline TENON_ISA::optim::detail
