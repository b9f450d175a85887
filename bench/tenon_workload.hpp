/// \file
/// A workload from a tenon model: the only header here that knows tenon.
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <tenon/tenon.hpp>
#include <type_traits>
#include <utility>

#include "workload.hpp"

namespace bench {

namespace nn = tenon::nn;

/// The compiled net.
template <class Model, class X>
class TenonInference final : public Inference {
 public:
  explicit TenonInference(Model& model) : net_(tenon::compile<X>(model)) {}

  void run(std::size_t repetitions) override {
    for (std::size_t i = 0; i < repetitions; ++i) {
      net_(x_, y_);
      keep(y_.data());
    }
  }
  void predict(std::span<const float> x, std::span<float> y) override {
    std::copy_n(x.begin(), X::size(), x_.begin());
    run(1);
    std::copy(y_.begin(), y_.end(), y.begin());
  }

 private:
  using Net = decltype(tenon::compile<X>(std::declval<Model&>()));

  Net net_;
  X x_;
  typename Net::Output y_;
};

/// The parameters of `model` as the peers take them.
template <class Model>
Weights weights_of(const Model& model) {
  Weights weights;
  nn::for_each_parameter(model, [&](std::string_view name, auto& parameter) {
    weights[std::string(name)].assign(parameter.data().begin(), parameter.data().end());
  });
  return weights;
}

/// The model, called layer by layer.
template <class Model, class X, class Criterion, class Target>
class TenonTraining final : public Training {
 public:
  TenonTraining(const Model& model, const Batch& batch) : model_(model), x_(X::from(batch.x)) {
    using Element = typename Target::value_type;
    target_ = Target::from(std::get<std::vector<Element>>(batch.target));
  }

  void run(std::size_t repetitions) override {
    for (std::size_t i = 0; i < repetitions; ++i) {
      model_.zero_grad();
      const auto loss = criterion_(model_(x_), target_);
      loss.backward();
      optimizer_.step();
      loss_ = static_cast<double>(loss.item());
    }
  }
  double loss() const override { return loss_; }
  Weights weights() const override { return weights_of(model_); }

 private:
  Model model_;
  nn::Variable<X> x_;
  Target target_;
  Criterion criterion_;
  tenon::optim::SGD optimizer_{model_, {.lr = learning_rate}};
  double loss_ = 0;
};

/// What `Criterion` compares a batch of outputs with.
template <class Criterion, tenon::index_t N, tenon::index_t OutputSize>
struct target_of;
template <class... Tags, tenon::index_t N, tenon::index_t OutputSize>
struct target_of<nn::CrossEntropyLoss<Tags...>, N, OutputSize> {
  using type = tenon::Tensor<std::int64_t, N>;
};
template <class... Tags, tenon::index_t N, tenon::index_t OutputSize>
struct target_of<nn::MSELoss<Tags...>, N, OutputSize> {
  using type = tenon::Tensor<float, N, OutputSize>;
};

/// Values from the standard normal distribution.
inline std::vector<float> normal_values(std::size_t count, std::mt19937_64& engine) {
  std::normal_distribution<float> distribution;
  std::vector<float> values(count);
  for (float& value : values) value = distribution(engine);
  return values;
}

/// The same model for everybody: `Model` for tenon, `network` for the others. Inference takes one sample of
/// `SampleShape`, training a batch of `N`.
template <class Model, tenon::index_t N, class Criterion, tenon::index_t... D>
Workload workload(std::string name, std::string description, tenon::Shape<D...>, std::vector<Layer> layers) {
  std::mt19937_64 engine(1);
  tenon::manual_seed(1);
  auto model = std::make_shared<Model>();
  Workload result{
      std::move(name), std::move(description), {{static_cast<int>(D)...}, std::move(layers)}, {}, {}, {}, {}};
  result.weights = weights_of(*model);

  using X = tenon::Tensor<float, N, D...>;
  using Output = decltype(std::declval<Model&>()(std::declval<const X&>()));
  constexpr auto output_size = static_cast<tenon::index_t>(Output::size()) / N;
  using Target = typename target_of<Criterion, N, output_size>::type;
  result.batch = {N, normal_values(X::size(), engine), {}};
  if constexpr (std::is_same_v<typename Target::value_type, float>) {
    result.batch.target = normal_values(Target::size(), engine);
  } else {
    std::uniform_int_distribution<std::int64_t> distribution(0, output_size - 1);
    std::vector<std::int64_t> classes(N);
    for (std::int64_t& c : classes) c = distribution(engine);
    result.batch.target = std::move(classes);
  }
  result.inference = [model] { return std::make_unique<TenonInference<Model, tenon::Tensor<float, 1, D...>>>(*model); };
  result.training = [model, batch = result.batch] {
    return std::make_unique<TenonTraining<Model, X, Criterion, Target>>(*model, batch);
  };
  return result;
}

}  // namespace bench
