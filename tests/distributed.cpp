// DistributedDataParallel against one process with the whole batch. distributed.py starts it by mpirun, with the name
// of what is to happen.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/conv.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <tenon/cpu/normalization.hpp>
#include <tenon/nn/shared.hpp>
#include <tenon/optim/sgd.hpp>
#include <tenon/parallel/mpi.hpp>
#include <tuple>
#include <utility>
#include <vector>

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;
using tenon::parallel::Communicator;
using tenon::parallel::DistributedDataParallel;
using tenon::parallel::DistributedOptions;

int rank = 0;
int reductions = 0;  // started so far, as MPI sees it

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("rank %d: failed: %s\n", rank, what);
  std::fflush(stdout);
  MPI_Abort(MPI_COMM_WORLD, 1);
}
template <class F>
void check_error(std::string_view wanted, F&& f) {
  try {
    f();
  } catch (const tenon::Error& error) {
    if (std::string_view(error.what()).find(wanted) == std::string_view::npos) {
      std::printf("rank %d: wanted an error with %s, found %s\n", rank, std::string(wanted).c_str(), error.what());
      check(false, "the error says what is wrong");
    }
    return;
  }
  check(false, std::string(wanted).c_str());
}

/// The elements of the tensors that `tensor_of` finds in the parameters.
std::vector<double> numbers_of(auto& model, const auto& tensor_of) {
  std::vector<double> numbers;
  nn::for_each_parameter(model, [&](const std::string&, auto& parameter) {
    for (const auto number : tensor_of(parameter)) numbers.push_back(static_cast<double>(number));
  });
  return numbers;
}
std::vector<double> values_of(auto& model) {
  return numbers_of(model, [](auto& parameter) -> auto& { return parameter.data(); });
}
std::vector<double> gradients_of(auto& model) {
  return numbers_of(model, [](auto& parameter) -> auto& { return parameter.grad(); });
}
bool near(const std::vector<double>& a, const std::vector<double>& b) {
  bool result = a.size() == b.size();
  for (std::size_t i = 0; result && i < a.size(); ++i) result = std::abs(a[i] - b[i]) <= 1e-5 * (1 + std::abs(b[i]));
  return result;
}
/// Whether all ranks have these bits.
bool same_everywhere(const Communicator& mpi, const std::vector<double>& values) {
  std::vector<double> first = values;
  MPI_Bcast(first.data(), static_cast<int>(first.size()), MPI_DOUBLE, 0, mpi.handle());
  return std::memcmp(first.data(), values.data(), values.size() * sizeof(double)) == 0;
}

template <class T>
T random_tensor() {
  T x;
  tenon::fill_uniform(x, 1.0);
  return x;
}
/// A net of floats and doubles, with a layer in two places, and parameters that not every call uses.
struct Net : nn::Module<Net> {
  using Hidden = nn::Linear<18, 18>;
  // Buckets begin with the last members: those that a pass may not reach would hold up the others.
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Parameter<Tensor<float, 2>>, unused), (nn::Parameter<Tensor<float, 2, 2>>, turn),
                           (nn::Linear<3, 2, nn::dtype<double>>, precise), (nn::Conv2d<1, 2, nn::kernel_size<3>>, conv),
                           (nn::Shared<Hidden>, hidden), (nn::Shared<Hidden>, again), (nn::Linear<18, 2>, last),
                           (nn::BatchNorm1d<4, nn::affine<false>>, norm));
  Net() : again(hidden) {
    tenon::fill_uniform(turn.data(), 1.0);
    unused.data().fill(3);
  }
  bool turns = true;
  auto forward(const auto& x, const auto& z) {
    namespace F = nn::functional;
    const auto y = last(F::tanh(again(F::tanh(hidden(nn::Flatten<>{}(F::tanh(conv(x))))))));
    return turns ? std::tuple{tenon::mm(y, turn), precise(z)} : std::tuple{y, precise(z)};
  }
};
template <tenon::index_t Count>
struct Batch {
  using X = Tensor<float, Count, 1, 5, 5>;
  using Z = Tensor<double, Count, 3>;
  using Y = Tensor<float, Count, 2>;
  using W = Tensor<double, Count, 2>;
  X x = random_tensor<X>();
  Z z = random_tensor<Z>();
  Y y = random_tensor<Y>();
  W w = random_tensor<W>();

  /// Computes gradients of the mean over the batch.
  void backward(auto& model) const {
    const nn::MSELoss<> criterion;
    const auto [y_model, w_model] = model(nn::Variable{x}, nn::Variable{z});
    const auto loss_y = criterion(y_model, y);
    const auto loss_w = criterion(w_model, w);
    tenon::backward(loss_y, Tensor<float>{1}, loss_w, Tensor<double>{1});
  }
};

/// A batch of 2 * Ranks, of which each rank has 2.
template <int Ranks>
void train(Communicator& mpi) {
  using Whole = Batch<2 * Ranks>;
  using Part = Batch<2>;
  const auto part_of_rank = [](const Whole& whole, int r) {
    const auto rows = [&]<class P>(P part, const auto& all) {
      const auto size = static_cast<std::ptrdiff_t>(P::size());
      std::copy_n(all.begin() + r * size, size, part.begin());
      return part;
    };
    return Part{rows(typename Part::X{}, whole.x), rows(typename Part::Z{}, whole.z), rows(typename Part::Y{}, whole.y),
                rows(typename Part::W{}, whole.w)};
  };
  tenon::manual_seed(1);
  Net alone;
  alone.norm.running_mean.data().fill(5);
  const Whole whole;
  const Part part = part_of_rank(whole, mpi.rank());
  std::vector<double> first_run;
  for (const double megabytes : {1e-4, 1e-4, 25.0}) {
    Net reference = alone, model;
    if (mpi.rank() == 0) model = alone;
    DistributedDataParallel replica{model, mpi, DistributedOptions{.bucket_cap_mb = megabytes}};
    check(values_of(model) == values_of(alone), "all begin with the parameters of rank 0");
    check(model.norm.running_mean.data()(3) == 5, "all begin with the buffers of rank 0");
    tenon::optim::SGD optimizer{model, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01}};
    tenon::optim::SGD reference_optimizer{reference, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01}};
    for (int step = 0; step < 5; ++step) {
      optimizer.zero_grad();
      reference_optimizer.zero_grad();
      part.backward(replica);
      whole.backward(reference);
      check(near(gradients_of(model), gradients_of(reference)), "the gradients are those of the whole batch");
      check(same_everywhere(mpi, gradients_of(model)), "the gradients of all ranks are the same");
      optimizer.step();
      reference_optimizer.step();
    }
    check(near(values_of(model), values_of(reference)), "the parameters are those of the whole batch");
    check(same_everywhere(mpi, values_of(model)), "the parameters of all ranks are the same");
    check(values_of(model) != values_of(alone), "the parameters were trained");
    check(model.unused.data()(0) == 3, "a parameter that no rank uses stays as it is");
    if (megabytes < 1) {
      if (first_run.empty()) first_run = values_of(model);
      check(values_of(model) == first_run, "each run gives the same bits");
    }
  }

  // What only rank 0 uses, gradients that add up, and several calls: the sums of what the ranks have.
  Net model = alone, local = alone;
  DistributedDataParallel replica{model, mpi, DistributedOptions{.bucket_cap_mb = 1e-4}};
  const auto add_of_all_ranks = [&](int calls) {
    Net sum = alone;
    for (int r = 0; r < mpi.size(); ++r)
      for (int call = 0; call < calls; ++call) {
        sum.turns = r == 0;
        part_of_rank(whole, r).backward(sum);
      }
    std::vector<double> gradients = gradients_of(sum);
    for (double& value : gradients) value /= mpi.size();
    return gradients;
  };
  model.turns = mpi.rank() == 0;
  part.backward(replica);
  check(near(gradients_of(model), add_of_all_ranks(1)), "a rank that does not use a parameter has the gradient 0");
  part.backward(replica);
  check(near(gradients_of(model), add_of_all_ranks(2)), "gradients add up");
  part.backward(model);
  const int before = reductions;
  part.backward(model);
  check(reductions == before, "what the model computes by itself is not sent");
  part.backward(replica);
  check(near(gradients_of(model), add_of_all_ranks(5)), "the gradients of a rank are averaged by the next pass");
  check(same_everywhere(mpi, gradients_of(model)), "the gradients of all ranks are the same");

  model.zero_grad();
  const auto [y, w] = replica(nn::Variable{part.x}, nn::Variable{part.z});
  const auto [y_model, w_model] = model(nn::Variable{part.x}, nn::Variable{part.z});
  const auto [y_again, w_again] = replica(nn::Variable{part.x}, nn::Variable{part.z});
  tenon::backward(y, part.y, y_again, part.y, y_model, part.y);
  std::vector<double> together = gradients_of(model);
  model.zero_grad();
  for (int call = 0; call < 3; ++call)
    std::get<0>(replica(nn::Variable{part.x}, nn::Variable{part.z})).backward(part.y);
  check(near(gradients_of(model), together), "several calls in one pass are as many passes");
  check(same_everywhere(mpi, together), "the gradients of all ranks are the same");

  model.zero_grad();
  const auto [y_first, w_first] = replica(nn::Variable{part.x}, nn::Variable{part.z});
  const auto [y_second, w_second] = replica(nn::Variable{part.x}, nn::Variable{part.z});
  const auto [y_third, w_third] = replica(nn::Variable{part.x}, nn::Variable{part.z});
  y_first.backward(part.y);
  y_third.backward(part.y);
  y_second.backward(part.y);
  check(near(gradients_of(model), together), "results have passes of their own, in any order");
}

void do_not_communicate(Communicator& mpi) {
  nn::Sequential<nn::Linear<4, 8>, nn::Tanh, nn::Linear<8, 2>> model;
  DistributedDataParallel replica{model, mpi};
  const int before = reductions;
  const auto x = random_tensor<Tensor<float, 3, 4>>();
  const auto y = model(x);
  // One rank alone: if these were sent, it would wait for the others.
  if (mpi.rank() == 0) {
    check(replica(x) == y, "a call on Tensors is the model's");
    check(replica(nn::Variable{x, nn::no_grad}).data() == y, "a call without gradients is the model's");
    check(replica(nn::Variable{x}).data() == y, "so is a recorded one");
  }
  check(reductions == before, "calls do not communicate");
}

void overlap(Communicator& mpi) {
  nn::Sequential<nn::Linear<4, 8>, nn::Tanh, nn::Linear<8, 8>, nn::Tanh, nn::Linear<8, 2>> model;
  DistributedDataParallel replica{model, mpi, DistributedOptions{.bucket_cap_mb = 1e-6}};  // one for each parameter
  int started = 0;
  const int before = reductions;
  auto handle = model[1_c].register_backward_hook([&](auto&, const auto&, const auto&) { started = reductions; });
  replica(nn::Variable{random_tensor<Tensor<float, 3, 4>>()}).backward(Tensor<float, 3, 2>{});
  check(started - before == 4, "the gradients of the last layers are on their way while those of the first are due");
  check(reductions - before == 6, "every bucket is sent once");
}

/// A module whose second result stops gradients, and which has a member called as the types of layers are.
struct WithFeatures : nn::Module<WithFeatures> {
  BOOST_HANA_DEFINE_STRUCT(WithFeatures, (nn::Linear<4, 8>, body), (nn::Linear<8, 2>, head), (nn::Linear<2, 2>, last));
  std::string name = "features";
  auto forward(const auto& x) const {
    const auto features = nn::functional::tanh(body(x));
    return std::tuple{last(head(features)), nn::Variable{value_of(features), nn::no_grad}};
  }
  template <class X>
  static auto value_of(const X& x) {
    return x.data();
  }
};

/// Passes over results of which some are not recorded, and passes beside later calls.
void results(Communicator& mpi) {
  using Y = Tensor<float, 3, 2>;
  WithFeatures model, alone;
  DistributedDataParallel replica{model, mpi, DistributedOptions{.bucket_cap_mb = 1e-6}};
  alone.load_state_dict(model.state_dict());
  tenon::manual_seed(7);  // the same everywhere: averages are the gradients of each rank
  const nn::Variable a{random_tensor<Tensor<float, 3, 4>>()}, b{random_tensor<Tensor<float, 3, 4>>()};
  const Y gradient = random_tensor<Y>();
  const int before = reductions;
  const auto first = replica(a), second = replica(b);
  std::get<0>(first).backward(gradient);
  check(reductions - before == 6, "a result that is not recorded beside one that is");
  const auto third = replica(a);  // between the calls and the pass
  std::get<0>(second).backward(gradient);
  std::get<0>(third).backward(gradient);
  check(reductions - before == 18, "passes beside later calls");
  for (const auto& x : {a, b, a}) std::get<0>(alone(x)).backward(gradient);
  check(near(gradients_of(model), gradients_of(alone)), "gradients of passes beside later calls");
}

void changes(Communicator& mpi) {
  using Model = nn::Sequential<nn::Linear<4, 8>, nn::Linear<8, 2>>;
  const nn::Variable x{random_tensor<Tensor<float, 3, 4>>()};
  const Tensor<float, 3, 2> gradient;
  Model model;
  {
    DistributedDataParallel replica{model, mpi};
    check_error("\"0.weight\" is in another DistributedDataParallel", [&] { DistributedDataParallel{model, mpi}; });
    model[0_c] = nn::Linear<4, 8>{};  // which optimisers and records go on with
    replica(x).backward(gradient);
    model[1_c].bias.requires_grad(false);
    check_error("\"1.bias\" was given another requires_grad", [&] { replica(x); });
  }
  {
    DistributedDataParallel replica{model, mpi};  // without the bias
    replica(x).backward(gradient);
    const Model moved = std::move(model);
    check_error("\"0.weight\" was moved or replaced", [&] { replica(x); });
    model = Model{};
  }
  model[0_c].weight.requires_grad(mpi.rank() != mpi.size() - 1);
  check_error(
      "wanted parameter \"0.weight\", F32 (8, 4), found parameter \"0.weight\", F32 (8, 4), requires_grad(false)",
      [&] { DistributedDataParallel{model, mpi}; });
  check_error("bucket_cap_mb: wanted a positive number, found 0.0",
              [&] { DistributedDataParallel{model, mpi, DistributedOptions{.bucket_cap_mb = 0}}; });
  nn::for_each_parameter(model, [](const auto&, auto& parameter) { parameter.requires_grad(false); });
  check_error("no parameter that requires a gradient", [&] { DistributedDataParallel{model, mpi}; });
}

/// Tells distributed.py when things go wrong.
void note_fault() {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  std::printf("fault at %f\n", now.count());
  std::fflush(stdout);
}

/// Ranks that make different models.
void disagree(Communicator& mpi) {
  nn::Sequential<nn::Linear<4, 8>, nn::Linear<8, 2>> usual;
  if (mpi.rank() == 1) {
    note_fault();
    nn::Sequential<nn::Linear<4, 8>, nn::Linear<8, 3>> other;
    DistributedDataParallel{other, mpi};
  } else {
    DistributedDataParallel{usual, mpi};
  }
}

/// A backward pass of rank 1 that an error breaks off, of which only rank 1 knows.
void break_off(Communicator& mpi) {
  nn::Sequential<nn::Linear<4, 8>, nn::Linear<8, 2>> model;
  DistributedDataParallel replica{model, mpi, DistributedOptions{.bucket_cap_mb = 1e-6}};
  const nn::Variable x{random_tensor<Tensor<float, 3, 4>>()};
  const Tensor<float, 3, 2> gradient;
  if (mpi.rank() == 1) {
    auto handle = model[0_c].register_backward_hook([](auto&, const auto&, const auto&) { tenon::raise("a hook"); });
    note_fault();
    check_error("a hook", [&] { replica(x).backward(gradient); });
    check_error("an error broke off an earlier backward pass", [&] { replica(x); });
    std::printf("rank 1: both errors were thrown\n");
    std::fflush(stdout);
  } else {
    replica(x).backward(gradient);  // waits for rank 1
    check(false, "the gradients of rank 1 never come");
  }
}

/// Communicators in a program that starts MPI itself, and others beside them.
void borrow(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  {
    Communicator all{argc, argv};
    rank = all.rank();
    const Communicator again{argc, argv}, alone{MPI_COMM_SELF};
    check(again.size() == all.size() && again.rank() == all.rank(), "there may be several");
    check(alone.size() == 1 && alone.rank() == 0, "or of some ranks");
    nn::Linear<4, 2> model;
    DistributedDataParallel replica{model, all};
    replica(nn::Variable{random_tensor<Tensor<float, 3, 4>>()}).backward(Tensor<float, 3, 2>{});
  }
  int is_over = 1;
  MPI_Finalized(&is_over);
  check(!is_over, "MPI ends where it was started");
  MPI_Finalize();
  check_error("MPI has ended", [&] { Communicator{argc, argv}; });
  if (rank == 0) std::printf("borrowed\n");
}

/// An error in a program that starts MPI itself.
void borrow_and_break(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  Communicator mpi{argc, argv};
  rank = mpi.rank();
  std::printf("rank %d is process %ld\n", rank, static_cast<long>(getpid()));
  std::fflush(stdout);
  MPI_Barrier(mpi.handle());
  nn::Linear<4, 2> model;
  DistributedDataParallel replica{model, mpi};
  if (rank == 1) {
    note_fault();
    tenon::raise("a fault of the data of rank 1");
  }
  replica(nn::Variable{random_tensor<Tensor<float, 3, 4>>()}).backward(Tensor<float, 3, 2>{});
}

/// Trains for ever, but rank 1, which calls `end` at its third step, and goes no further.
template <class F>
void train_until(Communicator& mpi, F&& end) {
  nn::Sequential<nn::Linear<4, 8>, nn::Linear<8, 2>> model;
  DistributedDataParallel replica{model, mpi};
  const nn::Variable x{random_tensor<Tensor<float, 3, 4>>()};
  for (int step = 0;; ++step) {
    if (step == 3 && mpi.rank() == 1) {
      note_fault();
      return end();
    }
    replica(x).backward(Tensor<float, 3, 2>{});
  }
}

}  // namespace

// MPI's interface for profilers: what the library calls comes here.
extern "C" int MPI_Iallreduce(const void* from, void* to, int count, MPI_Datatype type, MPI_Op operation,
                              MPI_Comm communicator, MPI_Request* request) {
  ++reductions;
  return PMPI_Iallreduce(from, to, count, type, operation, communicator, request);
}

int main(int argc, char** argv) {
  try {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "borrow") return borrow(argc, argv), 0;
    if (what == "borrow_and_break") return borrow_and_break(argc, argv), 0;
    Communicator mpi{argc, argv};
    rank = mpi.rank();
    tenon::manual_seed(static_cast<std::uint64_t>(rank));
    std::printf("rank %d is process %ld\n", rank, static_cast<long>(getpid()));
    std::fflush(stdout);
    MPI_Barrier(mpi.handle());  // all are there
    if (what == "train") {
      if (mpi.size() == 2)
        train<2>(mpi);
      else
        train<4>(mpi);
      do_not_communicate(mpi);
      overlap(mpi);
      results(mpi);
      changes(mpi);
      MPI_Barrier(mpi.handle());
      if (rank == 0) std::printf("trained on %d ranks\n", mpi.size());
    } else if (what == "disagree") {
      disagree(mpi);
    } else if (what == "breaks") {
      break_off(mpi);
    } else if (what == "killed") {
      train_until(mpi, [] { std::raise(SIGKILL); });
    } else if (what == "throws") {
      train_until(mpi, [] { tenon::raise("a fault of the data of rank 1"); });
    } else if (what == "ends") {
      train_until(mpi, [] {});
    } else {
      std::printf("wanted: train, borrow, borrow_and_break, disagree, killed, throws, breaks or ends\n");
      return 1;
    }
  } catch (const tenon::Error& error) {
    std::fprintf(stderr, "rank %d: %s\n", rank, error.what());
    return 1;
  }
}
