// A program's worth of the library: training, a compiled net, random numbers, files, printing. symbols.py compiles it.
#include <ostream>
#include <tenon/io/safetensors.hpp>
#include <tenon/io/summary.hpp>
#include <tenon/nn/print.hpp>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

using Image = tenon::Tensor<float, 4, 1, 8, 8>;
using Model = nn::Sequential<nn::Conv2d<1, 6, nn::kernel_size<3>>, nn::BatchNorm2d<6>, nn::ReLU,
                             nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>, nn::Dropout<>, nn::Linear<54, 16>,
                             nn::LayerNorm<nn::normalized_shape<16>>, nn::Tanh, nn::Linear<16, 8>>;

float train(Model& model, const Image& x, const tenon::Tensor<std::int64_t, 4>& labels) {
  tenon::manual_seed(1);
  nn::CrossEntropyLoss<> criterion{tenon::Tensor<float, 8>()};
  tenon::optim::Adam adam{model, {.lr = 1e-3}};
  tenon::optim::SGD sgd{model.parameters(), {.lr = 1e-3, .momentum = 0.9}};
  const auto loss = criterion(model(nn::Variable{x, nn::requires_grad}), labels);
  loss.backward();
  adam.step();
  sgd.step();
  tenon::StateDict state = adam.state_dict().prefixed("adam.");
  adam.load_state_dict(state.subset("adam."));
  tenon::optim::RMSprop rmsprop{{.momentum = 0.9}, nn::group(model, {.lr = 1e-3})};
  rmsprop.load_state_dict(rmsprop.state_dict(), {.strict = false});
  tenon::optim::StepLR schedule{sgd, {.step_size = 2}};
  schedule.load_state_dict(schedule.state_dict());
  adam.zero_grad();
  sgd.zero_grad();
  return loss.data().item();
}

float run(const Model& model, const Image& x) {
  auto net = tenon::compile<Image>(model);
  return net(x).data()[0];
}

float swap(const Model& model, const Image& x) {
  using Any = tenon::AnyNet<Image, tenon::Tensor<float, 4, 8>>;
  tenon::NetSlot<Image, tenon::Tensor<float, 4, 8>> slot;
  slot.publish(Any{tenon::compile<Image>(model)});
  Any* const now = slot.acquire_both().first;
  slot.collect();
  return (*now)(x).data()[0];
}

using Voice = nn::Sequential<nn::ZeroPad1d<nn::padding<2, 0>>, nn::Conv1d<1, 8, nn::kernel_size<3>>, nn::Tanh,
                             nn::AvgPool1d<nn::kernel_size<3>, nn::stride<1>>, nn::Conv1d<8, 1, nn::kernel_size<1>>>;
float listen(const Voice& voice, const nn::GRU<1, 9>& memory, const tenon::Tensor<float, 1, 1, 16>& x) {
  const tenon::FlushDenormals guard;
  auto stream = tenon::compile_stream<tenon::Tensor<float, 1, 1, 16>>(voice);
  auto steps = tenon::compile_stream<tenon::Tensor<float, 1, 1, 1>>(memory);
  stream.reset();
  return stream.step(x).data()[0] + std::get<0>(steps.step(tenon::Tensor<float, 1, 1, 1>{})).data()[0];
}

void keep(Model& model, const char* path, std::span<const std::byte> file) {
  tenon::StateDict dict = tenon::io::load_safetensors(file);
  dict.merge(model.state_dict().subset("0."));
  dict.rename("weight", "first.weight");
  dict.insert("extra", tenon::Tensor<double, 3>::from({1.0, 2.0, 3.0}));
  dict.metadata()["model"] = "small";
  if (dict.metadata().at("model") == "small") tenon::io::save_safetensors(path, dict);
  (void)dict.get<tenon::Tensor<double, 3>>("extra");
  model.load_state_dict(tenon::io::load_safetensors(path), {.strict = false});
}

void print(Model& model, std::ostream& out) {
  out << model << tenon::summary<Image>(model);
  for (const auto& [name, tensor] : model.state_dict()) out << name.c_str() << tensor.size();
  nn::for_each_parameter(model, [&](const auto& name, const auto&) { out << name.c_str(); });
}
