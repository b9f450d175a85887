/// \file
/// libtorch: layer by layer, and as frozen TorchScript; training by its autograd.
#include <dlfcn.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "participant.hpp"

namespace bench {

namespace {

std::vector<std::int64_t> sizes(const Extents& extents) { return {extents.begin(), extents.end()}; }

std::vector<std::int64_t> batch_sizes(std::size_t batch, const Extents& extents) {
  std::vector<std::int64_t> result{static_cast<std::int64_t>(batch)};
  result.insert(result.end(), extents.begin(), extents.end());
  return result;
}

at::Tensor tensor_of(const std::vector<float>& values, const std::vector<std::int64_t>& extents) {
  return torch::tensor(values).reshape(extents);
}

struct Step {
  Layer layer;
  at::Tensor weight, bias;
};

std::vector<Step> steps_of(const Network& network, const Weights& weights) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    Step step{layer, {}, {}};
    if (const Extents extents = weight_extents(layer); !extents.empty()) {
      step.weight = tensor_of(weights.at(weight_name(i)), sizes(extents));
      step.bias = tensor_of(weights.at(bias_name(i)), {extents[0]});
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

at::Tensor apply(const Conv2d& conv, const Step& step, const at::Tensor& x) {
  return at::conv2d(x, step.weight, step.bias, conv.stride, conv.padding);
}
at::Tensor apply(const MaxPool2d& pool, const Step&, const at::Tensor& x) {
  return at::max_pool2d(x, pool.kernel_size);
}
at::Tensor apply(const Linear&, const Step& step, const at::Tensor& x) { return at::linear(x, step.weight, step.bias); }
at::Tensor apply(const ReLU&, const Step&, const at::Tensor& x) { return at::relu(x); }
at::Tensor apply(const Tanh&, const Step&, const at::Tensor& x) { return at::tanh(x); }
at::Tensor apply(const Flatten&, const Step&, const at::Tensor& x) { return at::flatten(x, 1); }

at::Tensor forward(const std::vector<Step>& steps, at::Tensor x) {
  for (const Step& step : steps) x = std::visit([&](const auto& layer) { return apply(layer, step, x); }, step.layer);
  return x;
}

// `Forward` is what computes the network.
template <class Forward>
class LibtorchInference final : public Inference {
 public:
  LibtorchInference(const Network& network, Forward forward)
      : forward_(std::move(forward)), x_(torch::zeros(batch_sizes(1, network.input))) {
    run(10);  // the profiling executor looks at some runs before it optimises
  }

  void run(std::size_t repetitions) override {
    const c10::InferenceMode guard;
    for (std::size_t i = 0; i < repetitions; ++i) y_ = forward_(x_);
  }
  void predict(std::span<const float> x, std::span<float> y) override {
    std::copy(x.begin(), x.end(), x_.data_ptr<float>());
    run(1);
    const at::Tensor result = y_.contiguous();
    TORCH_CHECK(static_cast<std::size_t>(result.numel()) == y.size(), "libtorch's output has another size");
    std::copy_n(result.data_ptr<float>(), y.size(), y.begin());
  }

 private:
  Forward forward_;
  at::Tensor x_, y_;
};

std::unique_ptr<Inference> eager(const Network& network, const Weights& weights) {
  auto compute = [steps = steps_of(network, weights)](const at::Tensor& x) { return forward(steps, x); };
  return std::make_unique<LibtorchInference<decltype(compute)>>(network, std::move(compute));
}

std::string list(int value) { return "[" + std::to_string(value) + ", " + std::to_string(value) + "]"; }

// The call that makes `x` of `x`, in TorchScript; `parameters` are those of the layer, if it has any.
std::string script(const Conv2d& conv, const std::string& parameters) {
  return "torch.conv2d(x" + parameters + ", " + list(conv.stride) + ", " + list(conv.padding) + ")";
}
std::string script(const MaxPool2d& pool, const std::string&) {
  return "torch.max_pool2d(x, " + list(pool.kernel_size) + ")";
}
std::string script(const Linear&, const std::string& parameters) { return "torch.linear(x" + parameters + ")"; }
std::string script(const ReLU&, const std::string&) { return "torch.relu(x)"; }
std::string script(const Tanh&, const std::string&) { return "torch.tanh(x)"; }
std::string script(const Flatten&, const std::string&) { return "torch.flatten(x, 1)"; }

torch::jit::Module frozen_module(const Network& network, const Weights& weights) {
  torch::jit::Module module("network");
  std::string source = "def forward(self, x):\n";
  const auto steps = steps_of(network, weights);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string weight = "weight_" + std::to_string(i), bias = "bias_" + std::to_string(i);
    if (steps[i].weight.defined()) {
      module.register_parameter(weight, steps[i].weight, false);
      module.register_parameter(bias, steps[i].bias, false);
    }
    const std::string parameters = ", self." + weight + ", self." + bias;
    source +=
        "  x = " + std::visit([&](const auto& layer) { return script(layer, parameters); }, steps[i].layer) + "\n";
  }
  module.define(source + "  return x\n");
  module.eval();
  return torch::jit::freeze(module);
}

std::unique_ptr<Inference> scripted(const Network& network, torch::jit::Module module) {
  auto compute = [method = module.get_method("forward"), module](const at::Tensor& x) {
    return method({x}).toTensor();
  };
  return std::make_unique<LibtorchInference<decltype(compute)>>(network, std::move(compute));
}

class LibtorchTraining final : public Training {
 public:
  LibtorchTraining(const Network& network, const Weights& weights, const Batch& batch)
      : steps_(steps_of(network, weights)),
        x_(tensor_of(batch.x, batch_sizes(batch.size, network.input))),
        optimizer_(parameters(), torch::optim::SGDOptions(learning_rate)) {
    if (const auto* values = std::get_if<std::vector<float>>(&batch.target)) {
      target_ = tensor_of(*values, batch_sizes(batch.size, shapes(network).back()));
    } else {
      target_ = torch::tensor(std::get<std::vector<std::int64_t>>(batch.target));
      has_classes_ = true;
    }
  }

  void run(std::size_t repetitions) override {
    for (std::size_t i = 0; i < repetitions; ++i) {
      optimizer_.zero_grad();
      const at::Tensor y = forward(steps_, x_);
      loss_ = has_classes_ ? at::cross_entropy_loss(y, target_) : at::mse_loss(y, target_);
      loss_.backward();
      optimizer_.step();
    }
  }
  double loss() const override { return loss_.item<double>(); }
  Weights weights() const override {
    Weights result;
    const auto insert = [&](const std::string& name, const at::Tensor& values) {
      const float* data = values.data_ptr<float>();
      result[name].assign(data, data + values.numel());
    };
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (steps_[i].weight.defined()) {
        insert(weight_name(i), steps_[i].weight);
        insert(bias_name(i), steps_[i].bias);
      }
    return result;
  }

 private:
  std::vector<at::Tensor> parameters() {
    std::vector<at::Tensor> result;
    for (Step& step : steps_)
      if (step.weight.defined())
        for (at::Tensor* parameter : {&step.weight, &step.bias}) result.push_back(parameter->set_requires_grad(true));
    return result;
  }

  std::vector<Step> steps_;
  at::Tensor x_, target_, loss_;
  bool has_classes_ = false;
  torch::optim::SGD optimizer_;
};

// Which BLAS the system's links lead to matters more than anything else here.
std::string blas() {
  Dl_info info;
  const void* gemm = dlsym(RTLD_DEFAULT, "sgemm_");
  if (gemm == nullptr || dladdr(gemm, &info) == 0) return "unknown";
  return std::filesystem::canonical(info.dli_fname).string();
}

}  // namespace

std::vector<Peer> libtorch_peers() {
  at::set_num_threads(1);
  at::set_num_interop_threads(1);
  std::printf("libtorch %s, BLAS: %s\n", TORCH_VERSION, blas().c_str());
  const auto training = [](const Network& network, const Weights& weights, const Batch& batch) {
    return std::make_unique<LibtorchTraining>(network, weights, batch);
  };
  const auto frozen = [](const Network& network, const Weights& weights) {
    return scripted(network, frozen_module(network, weights));
  };
  const auto optimized = [](const Network& network, const Weights& weights) {
    torch::jit::Module module = frozen_module(network, weights);
    return scripted(network, torch::jit::optimize_for_inference(module));
  };
  return {{"libtorch", eager, training, true},
          {"libtorch, frozen TorchScript", frozen, {}, true},
          {"libtorch, optimized TorchScript", optimized, {}, true}};
}

}  // namespace bench
