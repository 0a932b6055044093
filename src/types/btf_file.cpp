// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.hpp"
#include "types/btf_source.hpp"

namespace alicia::types {
namespace {

constexpr std::size_t largest_file = 256U << 20U;  // of raw BTF; a kernel's is some 5 MB

class File {
 public:
  explicit File(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

  /// Up to the end, or nothing where it is longer than `limit`. Files of sysfs tell no size, so it is read to find out.
  Result<std::vector<std::byte>> contents(std::size_t limit) const {
    std::vector<std::byte> bytes;
    std::size_t filled = 0;
    while (filled <= limit) {
      bytes.resize(filled + (1U << 20U));
      const ssize_t got = ::read(descriptor_, bytes.data() + filled, bytes.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failure(ErrorCode::cannot_open, std::strerror(errno));
      filled += static_cast<std::size_t>(got);
      bytes.resize(filled);
      if (got == 0) return bytes;
    }
    return failure(ErrorCode::wrong_format, "too long for BTF");
  }

 private:
  int descriptor_;
};

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};

/// The bytes of the section called `wanted`.
Result<std::vector<std::byte>> section(const File& file, std::string_view wanted) {
  if (elf_version(EV_CURRENT) == EV_NONE) return failure(ErrorCode::internal, "libelf is too old");
  const std::unique_ptr<Elf, EndElf> elf(elf_begin(file.descriptor(), ELF_C_READ_MMAP, nullptr));
  std::size_t names = 0;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || elf_getshdrstrndx(elf.get(), &names) != 0) {
    return failure(ErrorCode::wrong_format, "damaged ELF file");
  }
  for (Elf_Scn* scn = elf_nextscn(elf.get(), nullptr); scn != nullptr; scn = elf_nextscn(elf.get(), scn)) {
    const Elf64_Shdr* wide = elf64_getshdr(scn);
    const Elf32_Shdr* narrow = wide == nullptr ? elf32_getshdr(scn) : nullptr;
    if (wide == nullptr && narrow == nullptr) continue;
    const char* name = elf_strptr(elf.get(), names, wide != nullptr ? wide->sh_name : narrow->sh_name);
    if (name == nullptr || name != wanted) continue;
    const Elf_Data* data = elf_rawdata(scn, nullptr);
    if (data == nullptr || data->d_buf == nullptr) break;
    const auto* begin = static_cast<const std::byte*>(data->d_buf);
    return std::vector<std::byte>(begin, begin + data->d_size);
  }
  return failure(ErrorCode::wrong_format, fmt::format("no section {}", wanted));
}

Result<std::vector<std::byte>> read_btf(const File& file) {
  if (file.descriptor() < 0) return failure(ErrorCode::cannot_open, std::strerror(errno));
  char magic[4] = {};
  if (::pread(file.descriptor(), magic, sizeof magic, 0) == sizeof magic && std::memcmp(magic, ELFMAG, SELFMAG) == 0) {
    return section(file, ".BTF");
  }
  return file.contents(largest_file);
}

}  // namespace

Result<std::unique_ptr<BtfSource>> BtfSource::open(const std::filesystem::path& path, BtfSource* base) {
  const File file(path);
  auto source = read_btf(file).and_then([&](const std::vector<std::byte>& bytes) { return create(bytes, base); });
  if (!source) source.error().message = fmt::format("{}: {}", path.string(), source.error().message);
  return source;
}

}  // namespace alicia::types
