// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"

namespace alicia::dump {

enum class Architecture : std::uint8_t { unknown, x86_64, i386, aarch64 };

/// The word used in messages: `x86_64`, `i386`, `aarch64`, `unknown`.
std::string_view architecture_name(Architecture architecture);

/// One ELF note of the dump, as it stands in the file.
struct Note {
  std::string name;
  std::uint32_t type = 0;
  std::vector<std::byte> content;
};

/// Half-open range of physical memory.
struct PhysicalRange {
  PhysicalAddress begin;
  PhysicalAddress end;
};

/// A part of memory the dump also names by the virtual address it had (ELF program headers).
struct VirtualSegment {
  VirtualAddress begin;
  std::uint64_t size = 0;
  PhysicalAddress physical;
};

/// What a dump file says of itself before any page is read.
struct DumpInfo {
  std::string format;  ///< e.g. `kdump-compressed version 6 (zlib)`, `ELF vmcore`
  std::vector<std::filesystem::path> files;
  Architecture architecture = Architecture::unknown;
  bool live = false;  ///< the running kernel's memory (/proc/kcore), which changes: nothing of it is to be kept
  std::uint32_t page_size = 0;                                    ///< bytes
  std::uint64_t max_page_frame = 0;                               ///< one past the highest frame described
  std::optional<unsigned> dump_level;                             ///< makedumpfile's -d, where the file has it
  std::optional<std::uint64_t> timestamp;                         ///< seconds since 1970, where the header has it
  std::optional<unsigned> cpus;                                   ///< as the header has it
  std::string system_name, node_name, release, version, machine;  ///< utsname of the header; may be empty
  std::string vmcoreinfo;                                         ///< the VMCOREINFO text; empty where there is none
  std::string eraseinfo;                   ///< what makedumpfile erased on request, its own text; mostly empty
  std::optional<std::uint64_t> phys_base;  ///< the kdump sub-header's; 0 means nothing unless VMCOREINFO agrees
  std::string panic;                       ///< the panic's text, where the header has it (LKCD)
  std::optional<unsigned> crash_cpu;       ///< the processor that wrote the dump, where the header has it
  std::vector<Note> notes;                 ///< NT_PRSTATUS and others, in file order
  std::vector<PhysicalRange> memory;       ///< where memory was, where the file says so; else empty
  std::vector<VirtualSegment> segments;    ///< ELF only
  std::vector<std::string> warnings;       ///< incomplete, truncated, odd: one line each
};

/// A page's bytes, kept alive for as long as the handle is.
struct Page {
  std::shared_ptr<const std::byte> bytes;  ///< page_size of them
};

/// An opened dump file: physical memory, and what the file says of itself. Thread-safe once opened.
class Dump : public PhysicalMemory {
 public:
  virtual const DumpInfo& info() const = 0;
  /// The page with this frame number; absence is an error whose code tells why (page_excluded, page_truncated,
  /// page_unreadable, absent_or_zero, no_memory_there) and whose message is that reason alone.
  virtual Result<Page> page(PageFrame frame) const = 0;
  /// Whether the file has the page, without its bytes where that is quicker. Errors: as page().
  virtual Result<void> holds(PageFrame frame) const {
    return page(frame).map([](const Page&) {});
  }
  /// The first frame from `frame` on that the file may have: those passed over it has not. What it spares a search
  /// through all of memory is asking for each page of a large hole.
  virtual PageFrame next_possible(PageFrame frame) const { return frame; }
  /// Errors: as page(), the message naming size and physical address; bad_address if the range wraps around.
  Result<void> read(PhysicalAddress address, std::span<std::byte> out) const override = 0;
};

/// Opens a dump in any format known, told apart by content. Several files are the parts of one split dump.
/// Errors: cannot_open (missing, a directory, unreadable), wrong_format (and what it is), truncated_file, corrupt.
Result<std::unique_ptr<Dump>> open_dump(const std::vector<std::filesystem::path>& files);

/// What a file is, from its first bytes: for telling DUMP, VMLINUX, KERNTYPES and MAP apart whatever their order.
/// `elf_object` is linked, a kernel or its debug information; `unlinked_object` a module or Kerntypes.
enum class FileKind : std::uint8_t { dump, elf_object, unlinked_object, btf, system_map, other };
struct FileIdentity {
  FileKind kind = FileKind::other;
  std::string description;  ///< for messages: `a text file`, `an ELF kernel image`, `a VMware suspend file`
};
Result<FileIdentity> identify_file(const std::filesystem::path& file);

}  // namespace alicia::dump
