/// \file
/// Writing a file so that it is there as a whole or not at all.
#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <random>
#include <span>
#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fstream>
#endif

#include "../core/error.hpp"
#include "../core/isa.hpp"
#include "../core/text.hpp"

namespace tenon::inline TENON_ISA::io::detail {

/// Where a chain of symbolic links that begins at `path` ends; the file there need not exist.
inline std::filesystem::path follow_links(std::filesystem::path path) {
  const Text name(path.string().c_str());
  for (int links = 0;; ++links) {
    std::error_code error;
    if (std::filesystem::symlink_status(path, error).type() != std::filesystem::file_type::symlink) return path;
    if (links == 40) raise(name + ": wanted a file, found a loop of symbolic links");  // the limit of Linux
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) raise(name + ": " + error.message().c_str());
    path = path.parent_path() / target;  // an absolute target stands for itself
  }
}

#if defined(__unix__) || defined(__APPLE__)
/// A new file, open for writing.
class NewFile {
 public:
  /// Fails if there is a file at `path`. The new one has the mode and, where the system allows it, the owner and the
  /// group of the file at `model`, and nobody else may open it before; if there is none, it has the mode that the umask
  /// leaves. Where it cannot have the group, no other group gets what that one was allowed.
  NewFile(const std::filesystem::path& path, const std::filesystem::path& model) {
    struct stat status {};
    const bool has_model = ::stat(model.c_str(), &status) == 0;
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, has_model ? 0600 : 0666);
    if (file_ < 0) fail();
    if (file_ < 0 || !has_model) return;
    const bool has_group = ::fchown(file_, status.st_uid, status.st_gid) == 0 ||
                           ::fchown(file_, static_cast<uid_t>(-1), status.st_gid) == 0;
    if (::fchmod(file_, status.st_mode & (has_group ? 0777u : 0707u)) != 0) fail();
  }
  ~NewFile() { static_cast<void>(close()); }  // of a file that is given up
  bool is_open() const noexcept { return file_ >= 0; }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!error_ && !bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written > 0)
        bytes = bytes.subspan(static_cast<std::size_t>(written));
      else if (written == 0 || errno != EINTR)
        fail();
    }
  }
  /// Closes the file; returns the first error there was.
  std::error_code close() {
    if (file_ >= 0 && ::close(file_) != 0 && !error_) fail();
    file_ = -1;
    return error_;
  }

 private:
  void fail() { error_ = {errno != 0 ? errno : EIO, std::generic_category()}; }

  int file_ = -1;
  std::error_code error_;
};
#else
class NewFile {
 public:
  NewFile(const std::filesystem::path& path, const std::filesystem::path&)
      : file_(path, std::ios::binary | std::ios::trunc) {}
  bool is_open() const { return file_.is_open(); }
  void write(std::span<const std::byte> bytes) {
    file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  std::error_code close() {
    file_.close();
    if (!file_.fail()) return {};
    return {errno != 0 ? errno : EIO, std::generic_category()};  // streams keep no reason, the system does
  }

 private:
  std::ofstream file_;
};
#endif

/// Replaces the file at `path`, through symbolic links, by what `write(file)` writes into a NewFile. The file is
/// complete or not there: it is written beside the file it replaces and moved there last. It keeps the mode of that
/// file. Throws tenon::Error, and leaves what was there, where that fails or something else than a regular file is
/// there.
template <class Write>
void replace_file(const std::filesystem::path& path, Write write) {
  const Text name(path.string().c_str());
  const std::filesystem::path target = follow_links(path);
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    raise(name + ": wanted a regular file to replace, found another kind");

  std::filesystem::path unfinished = target;  // beside it, under a name of its own: that of `target` may be very long
  unfinished.replace_filename(("tenon-" + to_text(std::random_device()()) + ".tmp").c_str());
  errno = 0;
  NewFile file(unfinished, target);
  if (!file.is_open()) raise(name + ": " + file.close().message().c_str());
  write(file);
  error = file.close();
  if (!error) std::filesystem::rename(unfinished, target, error);
  if (error) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    raise(name + ": " + error.message().c_str());
  }
}

}  // namespace tenon::inline TENON_ISA::io::detail
