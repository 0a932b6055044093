// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <mutex>
#include <system_error>

#include "base/bytes.hpp"

namespace alicia::dump {
namespace {

/// strerror's text as part of a message: `permission denied`.
std::string reason(int number) {
  std::string text = std::generic_category().message(number);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

/// /proc/vmcore is a file of procfs as well, and the memory of a kernel that has died: the name decides.
bool is_running_kernel(const std::filesystem::path& path, const Descriptor& descriptor) {
  struct statfs system {};
  if (::fstatfs(descriptor.number(), &system) != 0 || system.f_type != PROC_SUPER_MAGIC) return false;
  std::error_code error;
  return std::filesystem::canonical(path, error).filename() == "kcore";
}

class PosixFile final : public File {
 public:
  PosixFile(std::filesystem::path path, Descriptor descriptor, std::uint64_t size)
      : path_(std::move(path)),
        descriptor_(std::move(descriptor)),
        size_(size),
        changes_(is_running_kernel(path_, descriptor_)) {}

  const std::filesystem::path& path() const override { return path_; }
  std::uint64_t size() const override { return size_; }
  bool changes() const override { return changes_; }

  Result<std::size_t> read_some(FileOffset offset, std::span<std::byte> out) const override {
    // /proc/kcore copies through one buffer an open file, without a lock: two reads at a time get each other's bytes.
    std::unique_lock<std::mutex> alone(one_at_a_time_, std::defer_lock);
    if (changes_) alone.lock();
    constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
    std::size_t done = 0;
    while (done < out.size()) {
      if (!fits(offset.value, out.size(), kLimit)) return done;
      const ssize_t got =
          ::pread(descriptor_.number(), out.data() + done, out.size() - done, static_cast<off_t>(offset.value + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        return failure(ErrorCode::page_unreadable,
                       fmt::format("cannot read {} bytes at offset {} of {}: {}", out.size(), offset.value,
                                   path_.string(), reason(errno)));
      }
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  FileOffset next_data(FileOffset offset) const override {
    if (offset.value >= size_) return FileOffset{size_};
    const off_t found = ::lseek(descriptor_.number(), static_cast<off_t>(offset.value), SEEK_DATA);
    if (found >= 0) return FileOffset{static_cast<std::uint64_t>(found)};
    return errno == ENXIO ? FileOffset{size_} : offset;
  }

  void expect_sequential_reads() const override {
    static_cast<void>(::posix_fadvise(descriptor_.number(), 0, 0, POSIX_FADV_SEQUENTIAL));
  }

 private:
  std::filesystem::path path_;
  Descriptor descriptor_;
  std::uint64_t size_;
  bool changes_;
  mutable std::mutex one_at_a_time_;
};

}  // namespace

Result<void> File::read(FileOffset offset, std::span<std::byte> out) const {
  const auto got = read_some(offset, out);
  if (!got) return failure(got);
  if (*got == out.size()) return {};
  return failure(ErrorCode::truncated_file,
                 fmt::format("{} ends within the {} bytes at offset {}", path().string(), out.size(), offset.value));
}

Result<std::vector<std::byte>> File::read_block(FileOffset offset, std::uint64_t length, std::uint64_t bound,
                                                const char* what) const {
  if (length > bound) {
    return failure(ErrorCode::corrupt,
                   fmt::format("{}: {} of {} bytes, which no dump has", path().string(), what, length));
  }
  if (!fits(offset.value, length, size())) {
    return failure(ErrorCode::truncated_file,
                   fmt::format("{}: {} ({} bytes at offset {}) lies beyond the end of the file", path().string(), what,
                               length, offset.value));
  }
  std::vector<std::byte> bytes(length);
  if (auto done = read(offset, bytes); !done) return failure(std::move(done));
  return bytes;
}

Result<std::unique_ptr<File>> open_file(const std::filesystem::path& path) {
  const auto refuse = [&path](const std::string& why) {
    return failure(ErrorCode::cannot_open, fmt::format("cannot open {}: {}", path.string(), why));
  };
  // O_NONBLOCK: a FIFO without a writer must not hang us before we can refuse it.
  Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (descriptor.number() < 0) return refuse(reason(errno));
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) return refuse(reason(errno));
  if (S_ISDIR(status.st_mode)) return refuse("it is a directory");
  std::uint64_t size = 0;
  if (S_ISBLK(status.st_mode)) {
    const off_t end = ::lseek(descriptor.number(), 0, SEEK_END);
    if (end < 0) return refuse(reason(errno));
    size = static_cast<std::uint64_t>(end);
  } else if (S_ISREG(status.st_mode)) {
    size = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
  } else {
    return refuse("it is neither a file nor a block device");
  }
  return std::unique_ptr<File>{std::make_unique<PosixFile>(path, std::move(descriptor), size)};
}

}  // namespace alicia::dump
