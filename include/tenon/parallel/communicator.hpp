/// \file
/// `parallel::Communicator`: the ranks of an MPI program. Needs MPI.
#pragma once

// MPI's C++ classes, which its standard no longer has.
#if !defined(OMPI_SKIP_MPICXX)
#define OMPI_SKIP_MPICXX 1
#endif
#if !defined(MPICH_SKIP_MPICXX)
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include "../core/error.hpp"

namespace tenon::inline TENON_ISA::parallel {

/// Throws tenon::Error if `code`, which MPI's function `call` returned, is an error.
inline void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char message[MPI_MAX_ERROR_STRING];
  int length = 0;
  if (MPI_Error_string(code, message, &length) != MPI_SUCCESS) length = 0;
  raise(Text(call) + ": " +
        (length > 0 ? Text(message, static_cast<std::size_t>(length)) : "MPI error " + to_text(code)));
}

/// A communicator of its own with the ranks of another one. Its errors are returned, so that they can be thrown.
class OwnCommunicator {
 public:
  explicit OwnCommunicator(MPI_Comm ranks) {
    check_mpi(MPI_Comm_dup(ranks, &handle_), "MPI_Comm_dup");
    check_mpi(MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  }
  OwnCommunicator(const OwnCommunicator&) = delete;
  OwnCommunicator& operator=(const OwnCommunicator&) = delete;
  ~OwnCommunicator() {
    int is_over = 1;
    if (is_left_ || std::uncaught_exceptions() > exceptions_) return;
    if (MPI_Finalized(&is_over) == MPI_SUCCESS && !is_over) MPI_Comm_free(&handle_);
  }

  MPI_Comm handle() const noexcept { return handle_; }
  /// Leaves it to the end of the process: to free it, as this does unless an exception ends it, may wait for all ranks.
  void leave() noexcept { is_left_ = true; }

 private:
  MPI_Comm handle_ = MPI_COMM_NULL;
  int exceptions_ = std::uncaught_exceptions();
  bool is_left_ = false;
};

/// MPI itself, started and ended by this unless the program does so.
class Runtime {
 public:
  Runtime() = default;
  Runtime(int& argc, char**& argv) {
    int is_running = 0, is_over = 0, level = 0;
    check_mpi(MPI_Finalized(&is_over), "MPI_Finalized");
    if (is_over) raise("Communicator: MPI has ended, and cannot be started again in this process");
    check_mpi(MPI_Initialized(&is_running), "MPI_Initialized");
    if (is_running) return;
    check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level), "MPI_Init_thread");
    is_started_ = true;
  }
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime() {
    int is_over = 1;
    if (is_started_ && MPI_Finalized(&is_over) == MPI_SUCCESS && !is_over) MPI_Finalize();
  }

  /// Ends all ranks when this process exits, in place of an end that would wait for them.
  void abort_at_exit() noexcept {
    if (std::exchange(is_started_, false)) std::atexit([] { MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE); });
  }

 private:
  bool is_started_ = false;
};

/// The processes of a program that `mpirun` starts, each of which has a number, its rank.
///
///     int main(int argc, char** argv) {
///       tenon::parallel::Communicator mpi{argc, argv};
///       std::printf("rank %d of %d\n", mpi.rank(), mpi.size());
///     }
///
/// The first one of a program starts MPI, and ends it when it is destroyed: it stands in `main`, before everything that
/// uses it. If an exception leaves its scope, the ranks that wait for gradients of this one throw tenon::Error. Others
/// may wait for ever: MPI is not ended then, and when this process exits, it ends them too, by `MPI_Abort`, unless the
/// program has started MPI itself.
///
/// MPI is called by the threads that make this and the DistributedDataParallel, and that call `backward`: one at a
/// time, and by the main thread alone if the program has started MPI without support for threads.
class Communicator {
 public:
  /// Starts MPI with the arguments of `main`, unless the program has started it, and takes all ranks. Throws
  /// tenon::Error if MPI has already ended.
  Communicator(int& argc, char**& argv) : runtime_(argc, argv), ranks_(MPI_COMM_WORLD), ends_(MPI_COMM_WORLD) {
    find_rank();
  }
  /// Takes the ranks of `communicator`, in a program that starts and ends MPI itself.
  explicit Communicator(MPI_Comm communicator) : ranks_(communicator), ends_(communicator) { find_rank(); }
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  /// Waits for all ranks.
  ~Communicator() {
    if (!has_failed_ && std::uncaught_exceptions() == exceptions_) {
      meet_at_end();
    } else {
      tell_failure();
      ranks_.leave();
      ends_.leave();
      runtime_.abort_at_exit();
    }
  }

  /// Returns the number of this process, from 0.
  int rank() const noexcept { return rank_; }
  /// Returns the number of processes.
  int size() const noexcept { return size_; }
  /// Returns MPI's communicator, whose functions return errors.
  MPI_Comm handle() const noexcept { return ranks_.handle(); }

  /// Notes that other ranks may wait for this one for ever, as if an exception had left the scope.
  void mark_failed() noexcept { has_failed_ = true; }

  /// Counts the reductions that this rank starts.
  void count_reduction() noexcept { ++reductions_; }
  /// Throws tenon::Error if a rank has come to its end that has started fewer reductions than this one, which would
  /// wait for it for ever.
  void check_ends() {
    int is_there = 0;
    check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, 0, ends_.handle(), &is_there, MPI_STATUS_IGNORE), "MPI_Iprobe");
    if (is_there) receive_end();
    if (least_reductions_ < reductions_)
      raise(Text("DistributedDataParallel: rank ") + to_text(rank_) + " waits for the gradients of rank " +
            to_text(rank_of_least_) + ", which has ended: wanted as many calls of backward in all ranks, found " +
            to_text(least_reductions_) + " reductions in that one, and " + to_text(reductions_) + " in this");
  }

 private:
  void find_rank() {
    check_mpi(MPI_Comm_rank(handle(), &rank_), "MPI_Comm_rank");
    check_mpi(MPI_Comm_size(handle(), &size_), "MPI_Comm_size");
  }

  /// Takes the number of reductions that a rank which ends has started.
  void receive_end() noexcept {
    std::uint64_t reductions = 0;
    MPI_Status status;
    if (MPI_Recv(&reductions, 1, MPI_UINT64_T, MPI_ANY_SOURCE, 0, ends_.handle(), &status) != MPI_SUCCESS) return;
    if (reductions < least_reductions_) {
      least_reductions_ = reductions;
      rank_of_least_ = status.MPI_SOURCE;
    }
    ++ended_;
  }
  /// Tells the other ranks that this one starts no further reductions, so that none waits for it. Does not wait.
  void tell_failure() noexcept {
    static constexpr std::uint64_t none = 0;
    for (int other = 0; other < size_; ++other) {
      MPI_Request request = MPI_REQUEST_NULL;
      if (other != rank_ && MPI_Isend(&none, 1, MPI_UINT64_T, other, 0, ends_.handle(), &request) == MPI_SUCCESS)
        MPI_Request_free(&request);
    }
  }
  /// Tells the other ranks that this one ends, and waits for their ends.
  void meet_at_end() noexcept {
    std::vector<MPI_Request> requests;
    for (int other = 0; other < size_; ++other)
      if (other != rank_)
        MPI_Isend(&reductions_, 1, MPI_UINT64_T, other, 0, ends_.handle(), &requests.emplace_back(MPI_REQUEST_NULL));
    for (int known = -1; ended_ < size_ - 1 && known < ended_;) {  // unless MPI returns an error
      known = ended_;
      receive_end();
    }
    MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  }

  Runtime runtime_;
  OwnCommunicator ranks_, ends_;
  int rank_ = 0, size_ = 1, exceptions_ = std::uncaught_exceptions();
  bool has_failed_ = false;
  std::uint64_t reductions_ = 0;
  // Of the ranks that have ended: how many there are, and the one that has started the fewest reductions.
  int ended_ = 0, rank_of_least_ = 0;
  std::uint64_t least_reductions_ = (std::numeric_limits<std::uint64_t>::max)();
};

}  // namespace tenon::inline TENON_ISA::parallel
